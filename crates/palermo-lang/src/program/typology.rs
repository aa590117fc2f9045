//! Typologies as the evaluator sees them: which evidence makes a case, where it may be found, and
//! what is said of it.

use super::{Family, IndicatorId, SuppressorId, Template, Tier};
use palermo_domain::alert::{Mode, Role};
use palermo_domain::{Span, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who a typology is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// An account.
    Account,
    /// A party with all its accounts; an account whose party is not known stands for itself.
    Party,
}

/// Which indicators together make a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Typology {
    /// Id, such as `CT-14`.
    pub id: String,
    /// Version.
    pub version: String,
    /// Title.
    pub title: String,
    /// How it is deployed.
    pub mode: Mode,
    /// Crimes.
    pub crime: Vec<String>,
    /// Stages of laundering.
    pub stage: Vec<String>,
    /// AMLTRIX techniques.
    pub amltrix: Vec<String>,
    /// Who it is about.
    pub anchor: Anchor,
    /// Window over hits.
    pub window: Span,
    /// What must hold.
    pub require: Logic<Need>,
    /// Every indicator that `require` names for the anchor itself, in order.
    pub required: Vec<IndicatorId>,
    /// Every `linked(…)` of `require`, in order.
    pub linked: Vec<Linked>,
    /// Over what and how far links are followed; `None` where the typology follows none.
    pub link: Option<Link>,
    /// What adds to the score.
    pub boost: Vec<IndicatorId>,
    /// Which families must be reached.
    pub families: Logic<Family>,
    /// Explanations to test.
    pub suppress: Vec<SuppressorId>,
    /// Points per tier.
    pub points: BTreeMap<Tier, u32>,
    /// Lower edges of medium, high and critical.
    pub bands: (u32, u32, u32),
    /// Role of the anchor.
    pub anchor_role: AnchorRole,
    /// Role of the other ends of the credits that the indicators selected, if any.
    pub payers_role: Option<Role>,
    /// When an open finding is published again.
    pub emit: Emit,
    /// Headline.
    pub headline: Template,
    /// Next steps.
    pub investigate: Vec<String>,
    /// Key term of reports.
    pub key_term: Option<String>,
    /// Report form codes.
    pub report_codes: Vec<String>,
    /// Urgent; two families are enough; proposes nothing adverse.
    pub protective: bool,
    /// SHA-256 (hex) of the detection logic.
    pub logic_sha256: String,
    /// SHA-256 (hex) of the parameters.
    pub params_sha256: String,
}

/// How many families of evidence a finding needs: three, two where it only protects.
pub(crate) const fn least_families(protective: bool) -> usize {
    if protective { 2 } else { 3 }
}

impl Typology {
    /// Whether the family of what stands at the end of a path counts as well.
    pub fn counts_linked(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.families)
    }

    /// How many families of evidence a finding needs, whatever `families` says.
    pub const fn least_families(&self) -> usize {
        least_families(self.protective)
    }

    /// Every indicator that it names, for the anchor or for others.
    pub fn indicators(&self) -> impl Iterator<Item = IndicatorId> + '_ {
        let far = self.linked.iter().flat_map(|linked| &linked.far);
        let far = far.filter_map(|far| match far {
            Far::Indicator(id) => Some(*id),
            Far::Typology(_) => None,
        });
        self.required.iter().chain(&self.boost).copied().chain(far)
    }

    /// The ids of the typologies that it looks for on linked accounts.
    pub fn typologies(&self) -> impl Iterator<Item = &str> {
        self.linked.iter().flat_map(|linked| &linked.far).filter_map(|far| match far {
            Far::Typology(id) => Some(id.as_str()),
            Far::Indicator(_) => None,
        })
    }
}

/// A part of `require`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// An indicator on the anchor, or one ownership step from it.
    Here(IndicatorId),
    /// Evidence on a linked account: the position in [`Typology::linked`].
    Linked(u8),
}

impl From<IndicatorId> for Need {
    fn from(id: IndicatorId) -> Self {
        Self::Here(id)
    }
}

/// `linked(EXPR, k)`: evidence on an account within so many hops of the anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// What must hold there: positions in `far`.
    pub of: Logic<u16>,
    /// Everything it names, each once.
    pub far: Vec<Far>,
    /// The most hops, 1 to 3.
    pub hops: u8,
}

impl Linked {
    /// The indicators that it names, or that `any(…)` stands for.
    pub fn indicators(&self) -> impl Iterator<Item = IndicatorId> {
        self.far.iter().filter_map(|far| match far {
            Far::Indicator(id) => Some(*id),
            Far::Typology(_) => None,
        })
    }
}

/// What may hold on a linked account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Far {
    /// An indicator.
    Indicator(IndicatorId),
    /// A typology, by id: a finding that nothing explains.
    Typology(String),
}

/// What links accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The kinds of links, in order, each once.
    pub by: Vec<LinkKind>,
    /// The most hops.
    pub hops: u8,
    /// What stands at the end of a path counts with its own family, beside N for the path: the typology
    /// is about several accounts, and its families are those of all of them.
    pub families: bool,
}

/// A kind of link between accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LinkKind {
    /// One paid the other; a path of several goes on in order of time.
    Payment,
    /// Both ordered from the same device.
    Device,
    /// Both gave the same address.
    Address,
    /// Both gave the same telephone number.
    Phone,
    /// Both gave the same e-mail address.
    Email,
    /// Both used the same wallet.
    Wallet,
    /// Both stood at the same terminal at the same time.
    Terminal,
    /// The party of one declares a relation to that of the other.
    Relation,
}

impl LinkKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Payment,
        Self::Device,
        Self::Address,
        Self::Phone,
        Self::Email,
        Self::Wallet,
        Self::Terminal,
        Self::Relation,
    ];

    /// As rules write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Device => "device",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Wallet => "wallet",
            Self::Terminal => "terminal",
            Self::Relation => "relation",
        }
    }

    /// The subject that both carry; `None` for payments and relations.
    pub const fn subject(self) -> Option<Subject> {
        match self {
            Self::Device => Some(Subject::Device),
            Self::Address => Some(Subject::Address),
            Self::Phone => Some(Subject::Phone),
            Self::Email => Some(Subject::Email),
            Self::Wallet => Some(Subject::Wallet),
            Self::Terminal => Some(Subject::Terminal),
            Self::Payment | Self::Relation => None,
        }
    }
}

/// A boolean formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logic<T> {
    /// A variable.
    Var(T),
    /// All of them.
    And(Vec<Self>),
    /// Any of them.
    Or(Vec<Self>),
    /// Negation.
    Not(Box<Self>),
}

impl<T: Copy> Logic<T> {
    /// The truth under an assignment. Cost: one visit per node.
    pub fn eval(&self, holds: &mut dyn FnMut(T) -> bool) -> bool {
        match self {
            Self::Var(variable) => holds(*variable),
            Self::And(all) => all.iter().all(|part| part.eval(holds)),
            Self::Or(any) => any.iter().any(|part| part.eval(holds)),
            Self::Not(inner) => !inner.eval(holds),
        }
    }

    /// The formula over other variables.
    pub fn map<U>(&self, to: &dyn Fn(T) -> U) -> Logic<U> {
        let all = |parts: &[Self]| parts.iter().map(|part| part.map(to)).collect();
        match self {
            Self::Var(variable) => Logic::Var(to(*variable)),
            Self::And(parts) => Logic::And(all(parts)),
            Self::Or(parts) => Logic::Or(all(parts)),
            Self::Not(inner) => Logic::Not(Box::new(inner.map(to))),
        }
    }
}

/// The role of the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorRole {
    /// Always this role.
    Fixed(Role),
    /// `role_undetermined` while evidence of family C holds, else `subject`.
    SubjectUnlessControl,
}

/// When an open finding is published again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emit {
    /// When one more indicator holds.
    pub new_indicator: bool,
    /// When the evidence's money has grown by so many percent.
    pub amount_percent: Option<u32>,
    /// An episode ends after so long without a hit.
    pub rearm: Span,
}
