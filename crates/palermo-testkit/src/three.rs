//! Three-valued logic, by its truth tables (RULES.md, "Three values"): `None` is *unknown*.
//!
//! Sees: an `unknown` that is taken for false (or true), and a negation that turns it into a fact.

/// True, false or unknown.
pub type Truth = Option<bool>;

/// `unknown && false` is false; otherwise unknown wins over true.
pub fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// `unknown || true` is true; otherwise unknown wins over false.
pub fn or(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Not unknown is unknown.
pub fn not(a: Truth) -> Truth {
    a.map(|truth| !truth)
}

/// A comparison of two values, unknown where either is.
pub fn both<T>(a: Option<T>, b: Option<T>, holds: impl FnOnce(T, T) -> bool) -> Truth {
    Some(holds(a?, b?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_dual() {
        let all = [Some(true), Some(false), None];
        for a in all {
            assert_eq!(not(not(a)), a);
            for b in all {
                assert_eq!(not(and(a, b)), or(not(a), not(b)), "{a:?} {b:?}");
                assert_eq!(and(a, b), and(b, a));
                assert_eq!(and(a, Some(false)), Some(false));
                assert_eq!(and(a, Some(true)), a);
            }
        }
    }
}
