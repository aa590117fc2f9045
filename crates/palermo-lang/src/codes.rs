//! Every error code, with its page under `docs/errors`.
//!
//! A code never changes its meaning; a code that is no longer used keeps its number.

macro_rules! codes {
    ($($code:ident: $summary:literal,)*) => {
        const CODES: &[(&str, &str)] = &[$((stringify!($code), $summary),)*];

        /// The page of a code: what it means, an example, what to do.
        pub fn explain(code: &str) -> Option<&'static str> {
            match code {
                $(stringify!($code) => Some(include_str!(concat!(
                    "../../../docs/errors/",
                    stringify!($code),
                    ".md"
                ))),)*
                _ => None,
            }
        }
    };
}

codes! {
    E100: "the text cannot be read",
    E101: "unknown key",
    E102: "unknown name",
    E103: "types do not fit",
    E104: "a value outside its range",
    E105: "parameter unused or undeclared",
    E106: "a key is missing",
    E107: "a value of the wrong form",
    E108: "written twice",
    E109: "parameter not explained",
    E112: "a window beyond its horizon",
    E113: "the rules cost too much",
    E114: "edges seen from one end",
    E120: "no source",
    E140: "a forbidden attribute",
    E141: "one red flag is no proof",
    E142: "families not reached",
    E143: "geography as a reason",
    E144: "a victim as subject",
    E145: "evidence that cannot be linked",
    E150: "an exception without reason, owner or end",
    E151: "an exception approved by its owner",
    E152: "an exception that never applies",
    E160: "tests are missing",
    E170: "used already",
    E171: "indicators that ask for each other",
    E172: "typologies that rest on each other",
    E173: "a rule that never runs here",
    E180: "a changed detection under an unchanged version",
    E190: "not supported by this version yet",
    W340: "a long title",
    W341: "no rate for a threshold",
    W342: "a version that is not locked",
}

/// Every code and what it is about, in order.
pub const fn codes() -> &'static [(&'static str, &'static str)] {
    CODES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_of_its_own() {
        for (code, summary) in codes() {
            let page = explain(code).unwrap();
            assert!(page.starts_with(&format!("# {code}: {summary}\n")), "{code}");
        }
        assert!(codes().is_sorted());
        assert_eq!(explain("E999"), None);
    }
}
