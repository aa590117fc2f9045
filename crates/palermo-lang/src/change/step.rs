//! Steps of semantic versions.

/// How far a version was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// `1.0.0` to `1.0.1`.
    Patch,
    /// `1.0.0` to `1.1.0`.
    Minor,
    /// `1.0.0` to `2.0.0`.
    Major,
}

impl Step {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// The step from one version to a later one; `None` where it is not later.
    pub fn between(from: &str, to: &str) -> Option<Self> {
        let numbers = |version: &str| -> Option<[u64; 3]> {
            let mut parts = version.split('.').map(str::parse);
            let read = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
            parts.next().is_none().then_some(read)
        };
        let (from, to) = (numbers(from)?, numbers(to)?);
        if to <= from {
            return None;
        }
        Some(match from.iter().zip(&to).position(|(a, b)| a != b)? {
            0 => Self::Major,
            1 => Self::Minor,
            _ => Self::Patch,
        })
    }

    /// The lowest version that is this step above another.
    pub fn above(self, version: &str) -> String {
        let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        let (major, minor, patch) = (next(), next(), next());
        match self {
            Self::Major => format!("{}.0.0", major.saturating_add(1)),
            Self::Minor => format!("{major}.{}.0", minor.saturating_add(1)),
            Self::Patch => format!("{major}.{minor}.{}", patch.saturating_add(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn steps() {
        let rows = [
            ("1.0.0", "1.0.1", Some(Step::Patch)),
            ("1.0.9", "1.1.0", Some(Step::Minor)),
            ("1.9.9", "2.0.0", Some(Step::Major)),
            ("1.0.0", "2.1.1", Some(Step::Major)),
            ("1.0.0", "1.0.0", None),
            ("1.1.0", "1.0.9", None),
            ("1.10.0", "1.9.0", None),
            ("1.9.0", "1.10.0", Some(Step::Minor)),
            ("1.0", "1.0.1", None),
        ];
        for (from, to, step) in rows {
            assert_eq!(Step::between(from, to), step, "{from} {to}");
        }
        for (step, above) in
            [(Step::Patch, "1.2.4"), (Step::Minor, "1.3.0"), (Step::Major, "2.0.0")]
        {
            assert_eq!(step.above("1.2.3"), above);
            assert_eq!(Step::between("1.2.3", above), Some(step));
        }
    }
}
