//! Labels in each form, and rows that say what cannot be.

use super::*;

fn read(name: &str, text: &str) -> Result<Labels, BacktestError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    Labels::read(&path)
}

const HEAD: &str = "id,level,key,verdict,typology,start,end,decidable,source,at\n";

#[test]
fn rows_of_one_id_are_one_label_in_both_forms() {
    let csv = format!(
        "{HEAD}n1,network,account/A,true,CT-14,2026-03-01,2026-03-09,2026-03-05T12:00:00Z,sar,2026-06-01\n\
         n1,network,party/P,true,CT-14,2026-03-01,2026-03-09,2026-03-05T12:00:00Z,sar,2026-06-01\n\
         n1,network,payment/p-1,true,CT-14,2026-03-01,2026-03-09,2026-03-05T12:00:00Z,sar,2026-06-01\n\
         ,account,B,false,,,,,review,\n"
    );
    let json = r#"
{"id":"n1","level":"network","key":"account/A","verdict":"true","typology":"CT-14","start":"2026-03-01","end":"2026-03-09","decidable":"2026-03-05T12:00:00Z","source":"sar","at":"2026-06-01"}
{"id":"n1","level":"network","key":"party/P","verdict":"true","typology":"CT-14","start":"2026-03-01","end":"2026-03-09","decidable":"2026-03-05T12:00:00Z","source":"sar"}
{"id":"n1","level":"network","key":"payment/p-1","verdict":"true","typology":"CT-14","start":"2026-03-01","end":"2026-03-09","decidable":"2026-03-05T12:00:00Z"}
{"level":"account","key":"B","verdict":"false","source":"review"}
"#;
    for (name, text) in [("labels.csv", csv.as_str()), ("labels.jsonl", json)] {
        let labels = read(name, text).unwrap();
        let [network, account] = labels.all() else { panic!("{name}: {labels:?}") };
        assert_eq!(network.id, "n1");
        assert_eq!(network.entities, BTreeSet::from(["account/A".into(), "party/P".into()]));
        assert_eq!(network.payments, BTreeSet::from(["p-1".into()]));
        assert_eq!(network.typology.as_deref(), Some("CT-14"));
        assert!(network.is_true() && !account.is_true());
        // A day as an end is the end of that day.
        let time = |text: &str| EventTime::parse(text).unwrap();
        assert!(network.covers(time("2026-03-09T23:59:59Z"), Span::ZERO));
        assert!(!network.covers(time("2026-03-10T00:00:00Z"), Span::ZERO));
        assert!(network.covers(time("2026-03-10T00:00:00Z"), Span::from_days(1)));
        assert!(!network.covers(time("2026-02-28T23:59:59Z"), Span::from_days(1)));
        assert_eq!(network.start(), Some(time("2026-03-01T00:00:00Z")));
        assert_eq!(account.start(), None);
        assert!(account.covers(EventTime(0), Span::ZERO));
        assert!(!labels.is_complete());
        let known = BTreeSet::from(["CT-14".to_owned()]);
        assert!(labels.check_typologies(Path::new("l"), &known).is_ok());
        let error = labels.check_typologies(Path::new("l"), &BTreeSet::new()).err().unwrap();
        assert!(error.to_string().contains("names the typology `CT-14`"), "{error}");
        assert_eq!(labels.origin().0, name);
        assert_eq!(labels.origin().1.len(), 64);
    }
}

#[test]
fn what_is_wrong_is_named_by_its_line_and_not_repeated() {
    let row = |fields: &str| format!("{HEAD}{fields}\n");
    for (name, text, expected) in [
        ("l.csv", row(",account,CANARY,maybe,,,,,,"), "line 2: has a `verdict` that is neither"),
        ("l.csv", row(",person,CANARY,true,,,,,,"), "line 2: is no label"),
        ("l.csv", row(",account,CANARY,true,,soon,,,,"), "line 2: has a `start` that is neither"),
        (
            "l.csv",
            row(",account,CANARY,true,,2026-03-02,2026-03-01,,,"),
            "line 2: ends before it starts",
        ),
        ("l.csv", row(",network,CANARY,true,,,,,,"), "line 2: has a `key` that is neither"),
        ("l.csv", row(",account,CANARY,true"), "line 2: is no label"),
        ("l.csv", "level,key\naccount,CANARY\n".into(), "line 1: has no column `verdict`"),
        ("l.csv", "level,kye,verdict\naccount,CANARY,true\n".into(), "line 1: has a column `kye`"),
        (
            "l.csv",
            row("n,account,CANARY,true,,,,,,\nn,account,CANARY,false,,,,,,"),
            "line 3: says other things than line 2",
        ),
        (
            "l.jsonl",
            "\n{\"level\":\"account\"}\n".into(),
            "line 2: is no label (missing field `key`)",
        ),
        (
            "l.jsonl",
            r#"{"level":"account","key":"CANARY","verdict":"true","kye":"CANARY"}"#.into(),
            "line 1: is no label (unknown field `kye`)",
        ),
        (
            "l.jsonl",
            r#"{"level":"account","key":7,"verdict":"CANARY"}"#.into(),
            "line 1: is no label;",
        ),
        ("l.txt", String::new(), "has no ending by which its form is known"),
        ("l.json", "{\"CANARY\":1}".into(), "is no truth of `palermo synth`"),
        ("l.json", r#"{"schema":"palermo.truth/v9","cases":[]}"#.into(), "another version"),
    ] {
        let error = read(name, &text).err().unwrap_or_else(|| panic!("{text} is refused"));
        let said = error.to_string();
        assert!(said.contains(expected), "{text}: {said}");
        assert!(!said.contains("CANARY"), "{said}");
    }
}

#[test]
fn the_truth_of_a_world_labels_who_takes_part_and_not_who_pays() {
    let case = |kind: &str| {
        format!(
            r#"{{"id":"{kind}-1","kind":"{kind}","name":null,"suppressor":null,"typology":"CT-14","anchor":"account/F","holder":"H",
            "accounts":["F","G"],"members":[{{"entity":"account","key":"M","role":"subject","function":"mule"}},
            {{"entity":"account","key":"V","role":"potential_victim","function":"payer"}}],
            "first":"2026-03-01T00:00:00Z","last":"2026-03-02T00:00:00Z","complete":null,"decidable":null,
            "evading":null,"shares":[],"payments":["p1"],"legs":[]}}"#
        )
    };
    let text = format!(
        r#"{{"schema":"palermo.truth/v1","seed":1,"cases":[{},{}]}}"#,
        case("planted"),
        case("lookalike")
    );
    let labels = read("truth.json", &text).unwrap();
    assert!(labels.is_complete());
    let [planted, alike] = labels.all() else { panic!("two") };
    let set = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(planted.entities, set(&["account/F", "account/G", "account/M", "party/H"]));
    assert_eq!(
        alike.entities,
        set(&["account/F", "account/G", "account/M", "account/V", "party/H"])
    );
    assert_eq!((planted.verdict, alike.verdict), (Verdict::True, Verdict::False));
    assert_eq!(planted.source, "synthetic");
}
