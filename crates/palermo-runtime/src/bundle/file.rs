//! A bundle as one file: what `palermo rules bundle` writes and an activation carries.
//!
//! Four lines of text, an empty one, and the files compressed:
//! ```text
//! palermo bundle 1
//! sha256: <64 hex digits>
//! signed-by: <16 hex digits of the SHA-256 of the public key>
//! signature: <base64>
//!
//! <zstd of: length LF path length LF text, for every file in the order of paths>
//! ```
//! A bundle without a signature lacks the third and fourth line. The signature (ed25519) is over the first
//! two lines, so over everything by way of the hash.
//!
//! Promises: a file that is read has the hash that it names; a damaged or hostile one is an error and costs
//! no more than the bounds below. Where it must be signed, that is found out before it is unpacked.

use super::{BundleError, BundleFiles, FILE_BYTES_MAX, FILES_MAX, place_of, replace_file};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

const FIRST_LINE: &str = "palermo bundle 1";
/// Longest header.
const HEAD_BYTES_MAX: usize = 1024;
/// Most bytes that a file may hold when it is unpacked.
const UNPACKED_BYTES_MAX: u64 = 32 << 20;
/// The smallest files are worth some time: they are made once and sent to every task.
const COMPRESSION: i32 = 19;
/// Largest window of the compression, as a power of two: none of ours needs more.
const WINDOW_LOG_MAX: u32 = 23;
/// Where the head of a bundle is kept beside its files.
const HEAD_FILE: &str = "head";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// A bundle with the signature that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFile {
    /// What it holds.
    pub files: BundleFiles,
    sha256: String,
    signed: Option<(String, Box<Signature>)>,
}

impl BundleFile {
    /// Seals a bundle, with a signature where there is a key.
    pub fn seal(files: BundleFiles, key: Option<&SecretKey>) -> Self {
        let sha256 = files.sha256();
        let signed = key.map(|key| {
            let signature = key.0.sign(signed_text(&sha256).as_bytes());
            (key_id(&key.0.verifying_key()), Box::new(signature))
        });
        Self { files, sha256, signed }
    }

    /// Its hash.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The key that it says it is signed with; only [`Trust::check`] says whether that is so.
    pub fn signed_by(&self) -> Option<&str> {
        self.signed.as_ref().map(|(key, _)| key.as_str())
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// Where it cannot be compressed.
    pub fn encode(&self) -> Result<Vec<u8>, BundleError> {
        let mut out = self.head();
        out.push('\n');
        let mut plain = Vec::new();
        for (path, text) in &self.files.files {
            for part in [path, text] {
                plain.extend_from_slice(part.len().to_string().as_bytes());
                plain.push(b'\n');
                plain.extend_from_slice(part.as_bytes());
            }
        }
        let packed = zstd::stream::encode_all(plain.as_slice(), COMPRESSION)
            .map_err(|_| BundleError::File("it cannot be compressed"))?;
        let mut out = out.into_bytes();
        out.extend_from_slice(&packed);
        Ok(out)
    }

    /// Its first lines.
    fn head(&self) -> String {
        let mut out = format!("{FIRST_LINE}\nsha256: {}\n", self.sha256);
        if let Some((key, signature)) = &self.signed {
            let signature = BASE64.encode(signature.to_bytes());
            out.push_str(&format!("signed-by: {key}\nsignature: {signature}\n"));
        }
        out
    }

    /// Keeps the bundle under its hash, with its signature, so that its name is enough later.
    ///
    /// # Errors
    /// A folder that cannot be written, or content that would not be read back as it is.
    pub fn keep(&self, state_dir: &Path) -> Result<(), BundleError> {
        let place = self.files.store(state_dir)?;
        // One that is signed is not exchanged for one that is not.
        if self.signed.is_some() || !place.join(HEAD_FILE).exists() {
            replace_file(&place.join(HEAD_FILE), &self.head())?;
        }
        Ok(())
    }

    /// A bundle that is kept, with the signature that it was kept with.
    ///
    /// # Errors
    /// A bundle that is missing, unreadable or damaged.
    pub fn kept(state_dir: &Path, sha256: &str) -> Result<Self, BundleError> {
        let files = BundleFiles::load(state_dir, sha256)?;
        let head = std::fs::read_to_string(place_of(state_dir, sha256).join(HEAD_FILE));
        let signed = match head {
            Ok(head) => Head::parse(&head)?.signed,
            // Kept by a version that kept none.
            Err(_) => None,
        };
        Ok(Self { files, sha256: sha256.to_owned(), signed })
    }

    /// The file in base64, as an activation carries it.
    ///
    /// # Errors
    /// As [`BundleFile::encode`].
    pub fn encode_text(&self) -> Result<String, BundleError> {
        Ok(BASE64.encode(self.encode()?))
    }

    /// Reads what an activation carries, if it may come into force.
    ///
    /// # Errors
    /// As [`BundleFile::decode`] and [`Trust::check`]; the latter before anything is unpacked.
    pub fn decode_text(text: &str, trust: &Trust) -> Result<Self, BundleError> {
        let bytes = BASE64.decode(text).map_err(|_| BundleError::File("it is not base64"))?;
        Self::open(&bytes, Some(trust))
    }

    /// Reads a file's bytes and compares its hash.
    ///
    /// # Errors
    /// A file that is none, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, BundleError> {
        Self::open(bytes, None)
    }

    fn open(bytes: &[u8], trust: Option<&Trust>) -> Result<Self, BundleError> {
        let wrong = |problem| BundleError::File(problem);
        let is_end = |two: &[u8]| two == b"\n\n";
        let end = bytes.windows(2).take(HEAD_BYTES_MAX).position(is_end);
        let (head, body) = end
            .and_then(|end| Some((bytes.get(..end)?, bytes.get(end.checked_add(2)?..)?)))
            .ok_or(wrong("it does not begin like one"))?;
        let head = std::str::from_utf8(head).map_err(|_| wrong("its head is not text"))?;
        let Head { sha256, signed } = Head::parse(head)?;
        if let Some(trust) = trust {
            trust.check_head(&sha256, signed.as_ref())?;
        }
        let files = BundleFiles { files: unpack(body)? };
        if files.sha256() != sha256 {
            return Err(wrong("its content does not have the hash that it names"));
        }
        Ok(Self { files, sha256, signed })
    }
}

/// The first lines of a bundle.
struct Head {
    sha256: String,
    signed: Option<(String, Box<Signature>)>,
}

impl Head {
    fn parse(text: &str) -> Result<Self, BundleError> {
        let wrong = |problem| BundleError::File(problem);
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(wrong("it does not begin with `palermo bundle 1`"));
        }
        let mut named = |name: &str| lines.next().and_then(|line| line.strip_prefix(name));
        let sha256 = named("sha256: ").ok_or(wrong("its second line is no hash"))?.to_owned();
        let signed = match (named("signed-by: "), named("signature: ")) {
            (None, None) => None,
            (Some(key), Some(text)) => Some((key.to_owned(), Box::new(signature(text)?))),
            _ => return Err(wrong("its signature is cut")),
        };
        Ok(Self { sha256, signed })
    }
}

fn signed_text(sha256: &str) -> String {
    format!("{FIRST_LINE}\nsha256: {sha256}\n")
}

fn signature(text: &str) -> Result<Signature, BundleError> {
    let bytes = BASE64.decode(text).ok();
    bytes
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(BundleError::File("its signature is not one of ed25519"))
}

fn unpack(body: &[u8]) -> Result<BTreeMap<String, String>, BundleError> {
    let wrong = |problem| BundleError::File(problem);
    let damaged = |_| BundleError::File("its content cannot be unpacked");
    let mut plain = Vec::new();
    let mut decoder = zstd::stream::read::Decoder::new(body).map_err(damaged)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(damaged)?;
    let most = UNPACKED_BYTES_MAX.saturating_add(1);
    let read = decoder.take(most).read_to_end(&mut plain).map_err(damaged)?;
    if u64::try_from(read).is_ok_and(|read| read >= most) {
        return Err(wrong("it unpacks to more than 32 MiB"));
    }
    let mut rest = plain.as_slice();
    let mut files = BTreeMap::new();
    while !rest.is_empty() {
        let path = part(&mut rest)?;
        let text = part(&mut rest)?;
        let after = files.last_key_value().is_none_or(|(last, _)| *last < path);
        if !after || !is_inside(&path) || files.len() >= FILES_MAX {
            return Err(wrong("its files are too many, in disorder, or lead out of the bundle"));
        }
        files.insert(path, text);
    }
    Ok(files)
}

/// A path that stays below where it is written.
fn is_inside(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.iter().all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains('\\'))
        && !path.contains('\0')
}

fn part(rest: &mut &[u8]) -> Result<String, BundleError> {
    let cut = BundleError::File("its content is cut");
    let Some(end) = rest.iter().take(20).position(|byte| *byte == b'\n') else { return Err(cut) };
    let (number, after) = rest.split_at(end);
    let length = std::str::from_utf8(number).ok().and_then(|text| text.parse::<usize>().ok());
    let length = length.filter(|length| *length as u64 <= FILE_BYTES_MAX);
    let (Some(length), Some(after)) = (length, after.get(1..)) else { return Err(cut) };
    let (Some(text), Some(left)) = (after.get(..length), after.get(length..)) else {
        return Err(cut);
    };
    *rest = left;
    String::from_utf8(text.to_vec()).map_err(|_| BundleError::File("its content is not UTF-8"))
}

/// Sixteen hex digits that stand for a public key.
fn key_id(key: &VerifyingKey) -> String {
    let hash = Sha256::digest(key.as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A key that signs; never shown.
pub struct SecretKey(SigningKey);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// A new one, from the system's randomness.
    ///
    /// # Errors
    /// Where the system gives none.
    pub fn generate() -> Result<Self, BundleError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| BundleError::File("there is no randomness"))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it too.
    ///
    /// # Errors
    /// Text that is no such key.
    pub fn parse(pem: &str, path: &Path) -> Result<Self, BundleError> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| BundleError::Key {
            path: path.to_path_buf(),
            problem: "holds no private ed25519 key in PEM (PKCS #8)",
        })
    }

    /// The key and its public half, both in PEM.
    ///
    /// # Errors
    /// Where it cannot be written so.
    pub fn to_pem(&self) -> Result<(String, String), BundleError> {
        use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
        let wrong = BundleError::File("the key cannot be written as PEM");
        let secret = self.0.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string());
        let public = self.0.verifying_key().to_public_key_pem(LineEnding::LF);
        secret.ok().zip(public.ok()).ok_or(wrong)
    }

    /// What stands for its public half in a bundle.
    pub fn id(&self) -> String {
        key_id(&self.0.verifying_key())
    }
}

/// Whose rules an engine takes.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    keys: Vec<VerifyingKey>,
    unsigned: bool,
}

impl Trust {
    /// Reads the public keys (`rules.signed_by`), one or more in PEM. `unsigned` takes rules that nobody
    /// signed as well.
    ///
    /// # Errors
    /// A file without a key, or with something that is none.
    pub fn parse(pem: Option<(&str, &Path)>, unsigned: bool) -> Result<Self, BundleError> {
        let mut keys = Vec::new();
        if let Some((text, path)) = pem {
            let problem = "holds something that is no public ed25519 key in PEM";
            let wrong = |_| BundleError::Key { path: path.to_path_buf(), problem };
            for block in text.split_inclusive(PEM_END).filter(|block| !block.trim().is_empty()) {
                keys.push(VerifyingKey::from_public_key_pem(block.trim()).map_err(wrong)?);
            }
            if keys.is_empty() {
                let problem = "holds no public key";
                return Err(BundleError::Key { path: path.to_path_buf(), problem });
            }
        }
        Ok(Self { keys, unsigned })
    }

    /// Whether rules that nobody signed are taken: for development.
    pub const fn takes_unsigned(&self) -> bool {
        self.unsigned
    }

    /// Whether a bundle may come into force.
    ///
    /// # Errors
    /// A bundle without a signature, or with one of somebody else.
    pub fn check(&self, bundle: &BundleFile) -> Result<(), BundleError> {
        self.check_head(&bundle.sha256, bundle.signed.as_ref())
    }

    fn check_head(
        &self,
        sha256: &str,
        signed: Option<&(String, Box<Signature>)>,
    ) -> Result<(), BundleError> {
        let Some((id, signature)) = signed else {
            return if self.unsigned { Ok(()) } else { Err(BundleError::Unsigned("the bundle")) };
        };
        if self.keys.is_empty() && self.unsigned {
            return Ok(());
        }
        let text = signed_text(sha256);
        let by = |key: &&VerifyingKey| key.verify_strict(text.as_bytes(), signature).is_ok();
        match self.keys.iter().find(by) {
            Some(_) => Ok(()),
            None => Err(BundleError::Signature { key: id.clone(), known: self.known() }),
        }
    }

    fn known(&self) -> String {
        let ids: Vec<String> = self.keys.iter().map(|key| format!("`{}`", key_id(key))).collect();
        if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> BundleFiles {
        let own = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
        let files = [("rules/a.yaml", "kind: Indicator\n"), ("settings", "base_currency: EUR\n")];
        BundleFiles { files: files.map(own).into() }
    }

    fn trust(keys: &[&SecretKey], unsigned: bool) -> Trust {
        let pem: String = keys.iter().map(|key| key.to_pem().unwrap().1).collect();
        let pem = (!keys.is_empty()).then_some((pem.as_str(), Path::new("keys.pem")));
        Trust::parse(pem, unsigned).unwrap()
    }

    #[test]
    fn a_bundle_survives_the_file_and_the_text() {
        let key = SecretKey::generate().unwrap();
        for key in [None, Some(&key)] {
            let bundle = BundleFile::seal(files(), key);
            let bytes = bundle.encode().unwrap();
            assert!(bytes.starts_with(FIRST_LINE.as_bytes()));
            assert_eq!(BundleFile::decode(&bytes).unwrap(), bundle);
            let text = bundle.encode_text().unwrap();
            assert_eq!(BundleFile::decode_text(&text, &trust(&[], true)).unwrap(), bundle);
            let state = tempfile::tempdir().unwrap();
            bundle.keep(state.path()).unwrap();
            assert_eq!(BundleFile::kept(state.path(), bundle.sha256()).unwrap(), bundle);
            assert_eq!(bundle.signed_by().map(str::to_owned), key.map(SecretKey::id));
        }
        let (secret, _) = key.to_pem().unwrap();
        let again = SecretKey::parse(&secret, Path::new("key.pem")).unwrap();
        assert_eq!(again.id(), key.id());
        assert_eq!(format!("{key:?}"), "SecretKey");
    }

    #[test]
    fn any_flipped_bit_is_seen() {
        let key = SecretKey::generate().unwrap();
        let bytes = BundleFile::seal(files(), Some(&key)).encode().unwrap();
        let trust = trust(&[&key], false);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                let Ok(read) = BundleFile::decode(&bad) else { continue };
                // The name of the key only helps to find it, and zstd has bits that say nothing.
                let same = read.files == files() && read.sha256 == files().sha256();
                assert!(trust.check(&read).is_err() || same, "byte {at}, bit {bit}");
            }
            assert!(BundleFile::decode(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn only_known_keys_are_trusted() {
        let (ours, theirs) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let plain = BundleFile::seal(files(), None);
        let signed = BundleFile::seal(files(), Some(&ours));
        let foreign = BundleFile::seal(files(), Some(&theirs));
        let code = |trust: &Trust, bundle| trust.check(bundle).map_err(|error| error.code());
        let strict = trust(&[&ours], false);
        assert_eq!(code(&strict, &signed), Ok(()));
        assert_eq!(code(&strict, &plain), Err("rules_unsigned"));
        assert_eq!(code(&strict, &foreign), Err("bundle_signature"));
        let both = trust(&[&theirs, &ours], true);
        for bundle in [&signed, &plain, &foreign] {
            assert_eq!(code(&both, bundle), Ok(()));
        }
        assert_eq!(code(&trust(&[&ours], true), &foreign), Err("bundle_signature"));
        assert_eq!(code(&trust(&[], true), &foreign), Ok(()));
        assert_eq!(code(&trust(&[], false), &signed), Err("bundle_signature"));
        // Somebody else's signature under our name.
        let mut stolen = foreign.clone();
        stolen.signed.as_mut().unwrap().0 = ours.id();
        assert_eq!(code(&strict, &stolen), Err("bundle_signature"));
        // Our signature on other rules.
        let mut other = files();
        other.files.insert("rules/b.yaml".to_owned(), "kind: Typology\n".to_owned());
        let moved = BundleFile { signed: signed.signed.clone(), ..BundleFile::seal(other, None) };
        assert_eq!(code(&strict, &moved), Err("bundle_signature"));
    }

    #[test]
    fn keys_that_are_none_are_named() {
        let path = Path::new("keys.pem");
        let (secret, public) = SecretKey::generate().unwrap().to_pem().unwrap();
        for bad in ["", "words", secret.as_str(), &public.replace('A', "?")] {
            let error = Trust::parse(Some((bad, path)), false).unwrap_err();
            assert_eq!(error.code(), "keys_unreadable");
            assert!(!error.to_string().contains("BEGIN"), "{error}");
        }
        for bad in ["", "words", public.as_str()] {
            assert_eq!(SecretKey::parse(bad, path).unwrap_err().code(), "keys_unreadable");
        }
    }

    #[test]
    fn a_bundle_stays_where_it_is_written() {
        for (path, fine) in [
            ("rules/a.yaml", true),
            ("../a.yaml", false),
            ("rules/../../a", false),
            ("/etc/passwd", false),
            ("rules//a", false),
            ("rules/.hidden", false),
            ("rules\\a", false),
        ] {
            let files = BundleFiles { files: [(path.to_owned(), "x".to_owned())].into() };
            let bytes = BundleFile::seal(files, None).encode().unwrap();
            assert_eq!(BundleFile::decode(&bytes).is_ok(), fine, "{path}");
        }
    }

    #[test]
    fn a_bundle_that_unpacks_to_too_much_is_refused() {
        let huge = zstd::stream::encode_all(std::io::repeat(b'a').take(40 << 20), 1).unwrap();
        let mut bytes = format!("{FIRST_LINE}\nsha256: {}\n\n", "0".repeat(64)).into_bytes();
        bytes.extend_from_slice(&huge);
        let error = BundleFile::decode(&bytes).unwrap_err();
        assert!(error.to_string().contains("more than 32 MiB"), "{error}");
    }
}
