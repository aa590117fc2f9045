//! Sees: an alert that is shown otherwise than before, a possible victim who is named, a list in the
//! wrong order or with the wrong alerts, a screen that grew beyond two. Documents are made from the
//! published example; a changed snapshot is a question, not a verdict.

use crate::tests::palermo;
use serde_json::{Value, json};
use std::path::PathBuf;

/// At most two screens.
const LINES_MAX: usize = 100;
const ID: &str = "alr_9f3c1e0b7a5d4c22b6f1";

/// The example of the schema with changes at places of `data`.
fn alert(changes: &[(&str, Value)]) -> Value {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../palermo-codec/schemas/alert.v1.example.json");
    let mut document: Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    document["data"]["title"] = json!("Border funnel account");
    document["data"]["how"]["bundle"] = json!("5b0c".repeat(16));
    for (place, value) in changes {
        match *place {
            "subject" | "time" => document[*place] = value.clone(),
            _ => {
                *document["data"].pointer_mut(place).unwrap_or_else(|| panic!("{place}")) =
                    value.clone()
            }
        }
    }
    document
}

fn file(documents: &[Value]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.jsonl");
    let lines: Vec<String> = documents.iter().map(Value::to_string).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    (folder, path)
}

/// Four alerts: two revisions of the example, one that is urgent, one retracted, one held back.
fn several() -> Vec<Value> {
    let id = |n: u32| json!(format!("alr_{n:020x}"));
    let second = [
        ("/revision", json!(2)),
        ("/action", json!("updated")),
        ("/score", json!(60)),
        ("/level", json!("high")),
        ("/headline", json!("31 senders, USD 29,000 in 29 days; 92% left as cash near Laredo")),
        ("/when/final", json!(true)),
        ("/what/payments", json!(91)),
        ("time", json!("2026-03-31T00:00:00.000Z")),
    ];
    let urgent = [
        ("/alert_id", id(2)),
        ("/typology", json!("CT-16")),
        ("/level", json!("medium")),
        ("/score", json!(45)),
        ("/headline", json!("ransom paid by relatives")),
        ("/victim_protection/urgent", json!(true)),
        ("subject", json!("account/BANK:R")),
        ("time", json!("2026-02-01T00:00:00.000Z")),
    ];
    let retracted = [
        ("/alert_id", id(3)),
        ("/revision", json!(2)),
        ("/action", json!("retracted")),
        ("subject", json!("party/P9")),
    ];
    let held = [("/alert_id", id(4)), ("/action", json!("suppressed"))];
    let mut held = alert(&held);
    held["data"]["suppressed_by"] = json!(["SUP-ROSCA"]);
    let all = [alert(&[]), alert(&second), alert(&urgent), alert(&retracted)];
    all.into_iter().chain([held]).collect()
}

#[test]
fn the_example_on_a_screen() {
    let (_folder, path) = file(&[alert(&[])]);
    let (code, data, talk) = palermo(&format!("alert show {ID} --from {}", path.display()));
    assert_eq!((code, talk.as_str()), (0, ""));
    assert!(data.lines().count() <= LINES_MAX, "{data}");
    assert!(!data.contains("S1"), "{data}");
    insta::assert_snapshot!("show", data);
}

#[test]
fn linked_urgent_and_in_ascii() {
    let mut document = alert(&[("/victim_protection/urgent", json!(true))]);
    document["data"]["why"]["link"] = json!([{
        "text": "CT-15 on Z",
        "path": [
            {"by": "payment", "from": "BANK:F", "to": "S1", "payments": 3,
             "amount": {"value": "9000.00", "ccy": "USD"}, "first": "2026-03-02T00:00:00.000Z",
             "last": "2026-03-20T00:00:00.000Z", "evidence": ["p-7"]},
            {"by": "device", "from": "S1", "to": "Z", "shared": "D1", "payments": 2,
             "first": "2026-03-02T00:00:00.000Z", "last": "2026-03-20T00:00:00.000Z", "evidence": []}
        ],
        "evidence": [{"rule": "ST-01", "on": "account/Z", "at": "2026-03-19T00:00:00.000Z",
                      "text": "23 payments to advert sites"}]
    }]);
    let (_folder, path) = file(&[document]);
    let (code, data, _) = palermo(&format!("alert show alr_9f --ascii --from {}", path.display()));
    assert_eq!(code, 0);
    assert!(data.is_ascii(), "{data}");
    assert!(data.contains("URGENT"), "{data}");
    let line = "BANK:F --3 payments, USD 9,000--> potential victim 1 (masked) --device--> Z";
    assert!(data.contains(line), "{data}");
    let (_, data, talk) = palermo(&format!("alert show alr_9f --unmask --from {}", path.display()));
    assert!(data.contains("--3 payments, USD 9,000--> S1 --device--> Z"), "{data}");
    assert!(talk.contains("unmasked"), "{talk}");
}

#[test]
fn a_possible_victim_is_named_nowhere_unless_asked() {
    let (_folder, path) = file(&[alert(&[("/headline", json!("S1 and others"))])]);
    let line = |more: &str| palermo(&format!("alert {more} --from {}", path.display()));
    for command in ["list", "list --format json", "show alr_ --format json", "show alr_ --history"]
    {
        let (code, data, _) = line(command);
        assert_eq!(code, 0, "{command}");
        assert!(!data.contains("S1"), "{command}: {data}");
    }
    let (_, data, talk) = line("show alr_ --format json --unmask");
    assert!(data.contains("\"S1\"") && talk.contains("unmasked"));
}

/// Whom this alert protects may be whom another one is about.
#[test]
fn the_other_alerts_of_a_group_are_named_and_masked() {
    let other = |n: u32, subject: &str, action: &str| {
        let id = json!(format!("alr_{n:020x}"));
        alert(&[("/alert_id", id), ("subject", json!(subject)), ("/action", json!(action))])
    };
    let mut apart = other(9, "account/BANK:Q", "created");
    apart["data"]["grouping"]["group_id"] = json!("grp_other");
    let documents = [
        alert(&[]),
        other(7, "account/S1", "updated"),
        other(8, "account/BANK:R", "retracted"),
        apart,
    ];
    let (_folder, path) = file(&documents);
    let (code, data, _) = palermo(&format!("alert show {ID} --from {}", path.display()));
    assert_eq!(code, 0);
    assert!(data.contains("group     grp_5520a1: 1 more of one network"), "{data}");
    assert!(data.contains("alr_00000000000000000007 CT-14 on"), "{data}");
    assert!(data.contains("potential victim 1 (masked)") && !data.contains("S1"), "{data}");
    assert!(!data.contains("BANK:R") && !data.contains("BANK:Q"), "{data}");
    let list = format!("alert list --group grp_other --format json --from {}", path.display());
    let (_, data, _) = palermo(&list);
    assert!(data.contains("alr_00000000000000000009") && !data.contains(ID), "{data}");
}

#[test]
fn the_list_is_in_order_of_urgency() {
    let (_folder, path) = file(&several());
    let line = |more: &str| palermo(&format!("alert list --from {} {more}", path.display()));
    let (code, data, talk) = line("--suppressed");
    assert_eq!(code, 0, "{talk}");
    insta::assert_snapshot!("list", format!("{data}---\n{talk}"));
    let ids = |more: &str| -> Vec<String> {
        let (code, data, talk) = line(&format!("--format json {more}"));
        assert_eq!(code, 0, "{talk}");
        let data: Value = serde_json::from_str(&data).unwrap();
        let rows = data["alerts"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().chars().last().unwrap().to_string()).collect()
    };
    for (more, expected) in [
        ("", "2 3 1"),
        ("--open", "2 1"),
        ("--suppressed", "2 3 4 1"),
        ("--typology ct-16", "2"),
        ("--level critical", "3"),
        ("--level high", "3 1"),
        ("--since 2026-03-31", "1"),
        ("--typology CT-99", ""),
        ("--shadow", "2 3 1"),
    ] {
        assert_eq!(ids(more).join(" "), expected, "{more}");
    }
    let (_, _, talk) = line("");
    assert!(talk.contains("1 more in shadow or held back"), "{talk}");
    let (_, _, talk) = line("--typology CT-99");
    assert!(!talk.contains("more in shadow or held back"), "{talk}");
}

#[test]
fn revisions_tell_what_changed() {
    let (_folder, path) = file(&several());
    let line = |more: &str| palermo(&format!("alert show {ID} --from {} {more}", path.display()));
    let (code, data, talk) = line("--history");
    assert_eq!(code, 0, "{talk}");
    insta::assert_snapshot!("history", data);
    let (_, data, _) = line("--revision 1");
    assert!(data.contains("revision 1 of 2, new"), "{data}");
    let (code, _, talk) = line("--revision 7");
    assert_eq!(code, 2);
    assert!(talk.contains("there are 1, 2"), "{talk}");
}

#[test]
fn what_is_not_there_is_said() {
    let (_folder, path) = file(&several());
    for (line, code, words) in [
        (format!("alert show alr_ --from {}", path.display()), 2, "begins the ids of 4 alerts"),
        (format!("alert show nobody --from {}", path.display()), 2, "no alert `nobody`"),
        (
            "alert show x --from /nowhere.jsonl".to_owned(),
            4,
            "`/nowhere.jsonl` (`--from`): it cannot",
        ),
        (format!("alert show {ID} --topic shadow --from {}", path.display()), 2, "another topic"),
        ("alert list -c /nowhere.yaml".to_owned(), 3, "cannot read `/nowhere.yaml`"),
        ("why-not A --typology CT-14 --from /nowhere.jsonl".to_owned(), 4, "/nowhere.jsonl"),
    ] {
        let (found, _, talk) = palermo(&line);
        assert_eq!(found, code, "{line}: {talk}");
        assert!(talk.contains(words), "{line}: {talk}");
    }
    // A file without a single alert is the wrong file; one with a few strange lines is read.
    let list = format!("alert list --from {}", path.display());
    std::fs::write(&path, "{}\nno json\n").unwrap();
    let (code, data, talk) = palermo(&list);
    assert_eq!((code, data.as_str()), (2, ""), "{talk}");
    assert!(
        talk.contains("line 2 of `") && talk.contains("none of its 2 lines is an alert"),
        "{talk}"
    );
    let marked = format!("\u{feff}{}\nno json\n\n{{}}\n1\n2\n3\n", alert(&[]));
    std::fs::write(&path, marked).unwrap();
    let (code, data, talk) = palermo(&list);
    assert_eq!((code, data.lines().count()), (0, 2), "{data}{talk}");
    assert!(talk.contains("line 5 of `") && !talk.contains("line 6 of `"), "{talk}");
    assert!(talk.contains("5 lines of `"), "{talk}");
    std::fs::write(&path, "").unwrap();
    let (code, _, talk) = palermo(&list);
    assert!(code == 0 && talk.contains("no alerts"), "{talk}");
}

/// What others pay each other is not drawn as if the anchor had paid it.
#[test]
fn the_drawing_keeps_others_apart() {
    let mut document = alert(&[]);
    let edge = |from: &str, to: &str, by: &str, payments: u64, amount: &str| json!({"from": from, "to": to, "by": by, "payments": payments, "amount": amount});
    let own = document["data"]["who"]["subjects"][0]["key"].as_str().unwrap().to_owned();
    document["data"]["network"]["edges"] = json!([
        edge(&own, "BANK:Z", "payment", 5, "2932.00"),
        edge("BANK:O", "BANK:Z", "payment", 12, "7318.00"),
        edge("S1", "BANK:O", "device", 6, "0"),
        edge("BANK:P", &own, "payment", 2, "4000.00"),
    ]);
    let (_folder, path) = file(&[document]);
    let (code, data, _) = palermo(&format!("alert show {ID} --ascii --from {}", path.display()));
    assert_eq!(code, 0);
    for line in [
        "BANK:P  2 payments, USD 4,000",
        "`-> BANK:Z  5 payments, USD 2,932",
        "BANK:O pays BANK:Z: 12 payments, USD 7,318",
        "potential victim 1 (masked) and BANK:O share one device",
    ] {
        assert!(data.contains(line), "{line}: {data}");
    }
}

/// A page of evidence as its topic holds it, with a payer whom the alert had no room to name.
fn page(number: u64) -> Value {
    let payment = |id: &str, other: &str, day: u64| {
        json!({"id": id, "time": format!("2026-03-{day:02}T08:00:00.000Z"), "kind": "transfer",
               "amount": "310.00", "currency": "USD", "other": other, "masked": true,
               "indicators": ["MS-08", "MS-01"]})
    };
    let payments =
        [payment("p-early", "S77", number), payment("p-later", "S1", number.saturating_add(1))];
    json!({"specversion": "1.0", "type": "palermo.alert.evidence.v1",
           "data": {"alert_id": ID, "revision": 1, "topic": "alerts", "page": number, "pages": 3,
                    "payments": payments}})
}

#[test]
fn evidence_is_every_payment_of_every_page_and_names_no_victim() {
    let mut alert = alert(&[("/evidence/pages", json!(3)), ("/evidence/total", json!(6))]);
    alert["data"]["evidence"]["pages_revision"] = json!(1);
    let (_folder, path) = file(&[page(4), page(2), alert.clone(), page(3)]);
    let line = format!("alert show {ID} --evidence --from {}", path.display());
    let (code, data, talk) = palermo(&line);
    assert_eq!(code, 0, "{talk}");
    let ids: Vec<&str> = data.lines().skip(1).filter_map(|l| l.split_whitespace().last()).collect();
    assert_eq!(ids, ["p-early", "p-later", "p-early", "p-later", "p-0001", "p-0093"]);
    assert!(!data.contains("S77") && !data.contains("S1 "), "{data}");
    assert!(talk.contains("6 of 6 payments"), "{talk}");
    let (_, shown, talk) = palermo(&format!("{line} --unmask"));
    assert!(shown.contains("S77") && talk.contains("unmasked"), "{shown}{talk}");
    let (_, json, _) = palermo(&format!("{line} --format json"));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["payments"][0]["indicators"], json!(["MS-08", "MS-01"]));
    assert!(!json.to_string().contains("S77"));
    // A page is no alert.
    let (_, list, talk) = palermo(&format!("alert list --from {}", path.display()));
    assert!(list.lines().count() == 2 && !talk.contains("passed over"), "{list}{talk}");
    // One that is not there is missed.
    let (_folder, path) = file(&[alert, page(3)]);
    let line = format!("alert show {ID} --evidence --from {}", path.display());
    let (code, _, talk) = palermo(&line);
    assert_eq!(code, 4, "{talk}");
    assert!(talk.contains("page 2 of revision 1 was not read"), "{talk}");
}
