//! Conditions of `--fail-on`.

use super::*;
use std::cell::RefCell;
use std::rc::Rc;

fn outcome() -> Outcome {
    Outcome { lost_true: 1, lost: 4, new: 0, recall_micro: Some(740_000), precision_micro: None }
}

/// Where talk goes.
#[derive(Clone, Default)]
struct Said(Rc<RefCell<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_condition_holds_or_does_not_and_one_that_nothing_decides_does() {
    for (text, holds) in [
        ("lost-true>0", true),
        ("lost-true>1", false),
        ("lost>3", true),
        ("lost < 4", false),
        ("new>0", false),
        ("recall<0.75", true),
        ("recall<0.74", false),
        ("precision<0.1", true),
    ] {
        let said = Said::default();
        let mut out = Out::buffers(Box::new(Vec::new()), Box::new(said.clone()));
        assert_eq!(condition(text).unwrap().holds(&outcome(), &mut out), holds, "{text}");
        let talk = String::from_utf8(said.0.borrow().clone()).unwrap();
        assert_eq!(talk.contains(&format!("`--fail-on {text}` holds")), holds, "{talk}");
    }
}

#[test]
fn what_is_lost_is_looked_at_in_any_case() {
    let texts = |given: &[&str]| -> Vec<String> {
        let given: Vec<String> = given.iter().map(|one| (*one).to_owned()).collect();
        conditions(&given).unwrap().into_iter().map(|condition| condition.text).collect()
    };
    assert_eq!(texts(&[]), ["lost-true>0"]);
    assert_eq!(texts(&["recall<0.5"]), ["lost-true>0", "recall<0.5"]);
    assert_eq!(texts(&["lost-true>3"]), ["lost-true>3"]);
}

#[test]
fn a_condition_that_is_none_is_refused() {
    for text in ["lost", "lots>1", "lost-true>", "recall=0.5", "recall<-1", ">1", "lost>1e3"] {
        let failure = condition(text).err().unwrap_or_else(|| panic!("`{text}` is refused"));
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.text.starts_with(&format!("`--fail-on {text}` is none of `lost-true`")));
    }
}
