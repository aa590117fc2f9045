//! Exit codes, and failures that carry one.

use std::fmt;

/// The exit codes of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// It worked, and found something to look at.
    Findings,
    /// The arguments are wrong.
    Usage,
    /// Rules or configuration are invalid.
    Content,
    /// The world around is not as it must be.
    Environment,
    /// Somebody pressed ctrl-c.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Content => 3,
            Self::Environment => 4,
            Self::Interrupted => 130,
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// Code with a page under `docs/errors/`, if it has one.
    pub code: Option<&'static str>,
    /// What happened, with its causes.
    pub text: String,
}

impl Failure {
    /// A failure with its chain of causes.
    pub(crate) fn new(
        exit: Exit,
        code: Option<&'static str>,
        error: &dyn std::error::Error,
    ) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            text.push_str(&format!(": {next}"));
            cause = next.source();
        }
        Self { exit, code, text }
    }

    /// A failure in words.
    pub(crate) fn words(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, code: None, text: text.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(
                f,
                "error[{code}]: {}\n  = see: docs/errors/{code}.md, or `palermo doctor explain {code}`",
                self.text
            ),
            None => write!(f, "error: {}", self.text),
        }
    }
}

impl From<palermo_runtime::RunError> for Failure {
    fn from(error: palermo_runtime::RunError) -> Self {
        use palermo_runtime::RunError;
        let exit = if error.is_content() { Exit::Content } else { Exit::Environment };
        let code = error.code();
        let mut failure = Self::new(exit, Some(code), &error);
        if let RunError::Rules(problems) = &error {
            failure.text = format!("{}\n\n{}", failure.text, problems.render(false).trim_end());
        }
        failure
    }
}

impl From<palermo_engine::port::LogError> for Failure {
    fn from(error: palermo_engine::port::LogError) -> Self {
        palermo_runtime::RunError::from(error).into()
    }
}
