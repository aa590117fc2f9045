//! Sees: rules of strangers that come into force, at a start or by an activation; ours that do not; rules
//! that are in force and not kept.

use super::*;
use palermo_domain::Redacted;
use tempfile::TempDir;

/// A deployment: a folder with rules, a key that signs and the file that names it.
struct Place {
    _root: TempDir,
    config: Config,
    key: crate::SecretKey,
    bundle_file: PathBuf,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let key = crate::SecretKey::generate().unwrap();
    let keys = root.path().join("keys.pem");
    fs::write(&keys, key.to_pem().unwrap().1).unwrap();
    let mut config = Config::defaults();
    config.rules_path = PathBuf::from("../../rules");
    config.rules_signed_by = Some(keys);
    config.state_dir = root.path().join("state");
    let bundle_file = root.path().join("rules.bundle");
    Place { _root: root, config, key, bundle_file }
}

impl Place {
    fn sealed(&self, key: Option<&crate::SecretKey>) -> BundleFile {
        BundleFile::seal(BundleFiles::gather(&self.config).unwrap(), key)
    }

    fn kept(&self) -> Kept {
        let trust = trust(&self.config).unwrap();
        Kept::new(&self.config.state_dir, self.config.deciding(), &trust)
    }
}

fn activation(bundle: &str, file: Option<String>) -> Activation {
    Activation {
        bundle: bundle.to_owned(),
        file,
        not_before: None,
        by: Redacted::new("me".to_owned()),
        approved_by: None,
        reason: Redacted::new("a test".to_owned()),
    }
}

#[test]
fn a_start_takes_what_it_is_told_to_trust() {
    let place = place();
    let stranger = crate::SecretKey::generate().unwrap();
    let start = |config: &Config| -> Result<String, &'static str> {
        let trust = trust(config).map_err(|error| error.code())?;
        configured(config, &trust)
            .map(|file| file.sha256().to_owned())
            .map_err(|error| error.code())
    };
    let mut config = place.config.clone();
    assert_eq!(start(&config), Err("rules_unsigned"), "a folder");
    config.rules_path = place.bundle_file.clone();
    assert_eq!(start(&config), Err("rules_unreadable"), "nothing there");
    fs::write(&place.bundle_file, "words").unwrap();
    assert_eq!(start(&config), Err("bundle_file"));
    for (key, found) in [
        (None, Err("rules_unsigned")),
        (Some(&stranger), Err("bundle_signature")),
        (Some(&place.key), Ok(place.sealed(None).sha256().to_owned())),
    ] {
        fs::write(&place.bundle_file, place.sealed(key).encode().unwrap()).unwrap();
        assert_eq!(start(&config), found, "{key:?}");
    }
    config.rules_signed_by = None;
    assert_eq!(start(&config), Err("rules_unsigned"), "no keys, and it says so before it reads");
    config.rules_unsigned = true;
    assert!(start(&config).is_ok());
    config.rules_path = "../../rules".into();
    assert!(start(&config).is_ok());
}

#[test]
fn a_bundle_for_other_settings_is_refused_by_the_key() {
    let place = place();
    let text = "time:\n  lateness: 3h\n";
    let other = Config::parse(text, "f", &crate::ConfigOverrides::default()).unwrap();
    let mut made_with = place.config.clone();
    let files = BundleFiles::new(&place.sealed(None).files.sources(), &other);
    let sealed = BundleFile::seal(files, Some(&place.key));
    fs::write(&place.bundle_file, sealed.encode().unwrap()).unwrap();
    made_with.rules_path = place.bundle_file.clone();
    let error = configured(&made_with, &trust(&made_with).unwrap()).unwrap_err();
    assert_eq!(error.code(), "deciding_key_changed");
    let words = "`time.lateness` has changed from `3h` to `2h`";
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn an_activation_is_admitted_by_its_signature_and_kept() {
    let place = place();
    let mut kept = place.kept();
    let signed = place.sealed(Some(&place.key));
    let hash = signed.sha256().to_owned();
    let text = signed.encode_text().unwrap();
    let code = |kept: &mut Kept, activation: &Activation| {
        kept.admit(activation).map(|bundle| bundle.sha256).map_err(|why| why.code)
    };
    let by_name = activation(&hash, None);
    assert_eq!(code(&mut kept, &by_name), Err("bundle_missing"));
    let unsigned = place.sealed(None).encode_text().unwrap();
    let stranger = crate::SecretKey::generate().unwrap();
    let foreign = place.sealed(Some(&stranger)).encode_text().unwrap();
    for (file, found) in [
        (unsigned, Err("rules_unsigned")),
        (foreign, Err("bundle_signature")),
        ("not base64!".to_owned(), Err("bundle_file")),
        (text[..text.len() / 2 / 4 * 4].to_owned(), Err("bundle_file")),
    ] {
        assert_eq!(code(&mut kept, &activation(&hash, Some(file))), found);
        assert_eq!(BundleFiles::kept(&place.config.state_dir), Vec::<String>::new());
    }
    let named_wrongly = activation(&"ab".repeat(32), Some(text.clone()));
    assert_eq!(code(&mut kept, &named_wrongly), Err("bundle_file"));
    assert_eq!(code(&mut kept, &activation(&hash, Some(text))), Ok(hash.clone()));
    assert_eq!(BundleFiles::kept(&place.config.state_dir), std::slice::from_ref(&hash));
    assert_eq!(kept.load(&hash).unwrap().sha256, hash);
    // Once kept, its name is enough: a rollback needs no file.
    assert_eq!(code(&mut kept, &by_name), Ok(hash));
}

/// What was kept while unsigned rules were taken, or by a key that is known no more, is no way around.
#[test]
fn a_hash_alone_is_judged_by_the_signature_that_was_kept() {
    let mut place = place();
    let stranger = crate::SecretKey::generate().unwrap();
    let hash = place.sealed(None).sha256().to_owned();
    let code = |kept: &mut Kept| {
        kept.admit(&activation(&hash, None)).map(|bundle| bundle.sha256).map_err(|why| why.code)
    };
    place.sealed(None).keep(&place.config.state_dir).unwrap();
    assert_eq!(code(&mut place.kept()), Err("rules_unsigned"));
    place.sealed(Some(&stranger)).keep(&place.config.state_dir).unwrap();
    assert_eq!(code(&mut place.kept()), Err("bundle_signature"));
    place.sealed(Some(&place.key)).keep(&place.config.state_dir).unwrap();
    assert_eq!(code(&mut place.kept()), Ok(hash.clone()));
    place.sealed(None).keep(&place.config.state_dir).unwrap();
    assert_eq!(code(&mut place.kept()), Ok(hash.clone()), "a signature is not lost");
    place.config.rules_unsigned = true;
    place.config.rules_signed_by = None;
    assert_eq!(code(&mut place.kept()), Ok(hash.clone()));
}

#[test]
fn rules_that_do_not_compile_are_not_admitted() {
    let place = place();
    let mut kept = place.kept();
    let sources = palermo_lang::Sources::new(
        [("rules/ruleset.yaml".to_owned(), "kind: RuleSet\n".to_owned())].into(),
    );
    let files = BundleFiles::new(&sources, &place.config);
    let sealed = BundleFile::seal(files, Some(&place.key));
    let text = sealed.encode_text().unwrap();
    let why = kept.admit(&activation(sealed.sha256(), Some(text))).unwrap_err();
    assert_eq!(why.code, "rules_invalid");
    assert!(why.reason.contains("ruleset.yaml"), "{}", why.reason);
    assert_eq!(BundleFiles::kept(&place.config.state_dir), Vec::<String>::new());
}

#[test]
fn a_changed_deciding_key_is_named() {
    let now = Config::defaults();
    let then = now.deciding().replace("time.lateness: 2h", "time.lateness: 3h");
    assert_eq!(
        difference(&then, now.deciding(), false).unwrap(),
        "`time.lateness` has changed from `3h` to `2h`"
    );
    assert_eq!(difference(now.deciding(), now.deciding(), true), None);
    let other = now.deciding().replace("rules.environment: prod", "rules.environment: test");
    assert_eq!(difference(&other, now.deciding(), false), None);
    assert!(difference(&other, now.deciding(), true).is_some(), "of what is new it must be ours");
}
