//! One pass over a JSON record, with every bound and check inside it.
//!
//! serde_json reads the syntax; the seeds here decide what to do with each value. A fault of
//! structure (too deep, too many fields, a duplicate field) stops the pass at once, so nothing
//! beyond a limit is read. A wrong field is noted and the pass goes on, so a later fault of
//! structure or syntax is still found: which fault is named does not depend on luck. Only the first
//! wrong field is kept.
//!
//! Strings without escapes are borrowed. Unknown values are walked with the same bounds, not with
//! `IgnoredAny`, which has none (and lets lone surrogates pass).
//!
//! Cost: linear in the bytes; an object of n unknown names costs n log n. No recursion deeper than
//! [`Limits::depth`].

mod seed;
mod value;

pub(crate) use seed::{Fields, Key, Objects, Record, Strings, array, fields, keys, object, record};
pub(crate) use value::{
    amount, boolean, checked, coordinate, date, integer, schema, symbol, text, time,
};

use crate::limits::check_size;
use crate::rule::Rule;
use crate::{FieldPath, Limits, Refusal, UnknownFields};
use palermo_domain::DeadLetterReason;
use seed::ObjectSeed;
use serde::de::{DeserializeSeed, Error};

/// Reads one record into `out`.
pub(crate) fn read<'de, T: Record<'de>>(
    bytes: &'de [u8],
    limits: &Limits,
    unknown: &mut UnknownFields,
    out: &mut T,
) -> Result<(), Refusal> {
    if let Some(reason) = check_size(bytes, limits) {
        return Err(Refusal::whole(reason));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::whole(DeadLetterReason::NotUtf8))?;
    let mut ctx = Ctx::new(limits, unknown);
    let mut json = serde_json::Deserializer::from_str(text);
    let outcome = ObjectSeed { out, ctx: &mut ctx }.deserialize(&mut json);
    let outcome = outcome.and_then(|is_object| json.end().map(|()| is_object));
    match (ctx.fatal, outcome) {
        (Some(fatal), _) => Err(fatal),
        (None, Err(_) | Ok(false)) => Err(Refusal::whole(DeadLetterReason::NotJson)),
        (None, Ok(true)) if !ctx.schema_right => {
            Err(Refusal::at(DeadLetterReason::WrongSchema, &["schema"]))
        }
        (None, Ok(true)) => ctx.wrong.map_or(Ok(()), Err),
    }
}

/// What the pass knows besides the value it builds.
pub(crate) struct Ctx<'c> {
    limits: &'c Limits,
    unknown: &'c mut UnknownFields,
    /// Path of the known object being read.
    path: FieldPath,
    /// Its field being read.
    leaf: &'static str,
    depth: u32,
    fields: u32,
    items: u32,
    schema_right: bool,
    /// What stopped the pass.
    fatal: Option<Refusal>,
    /// The first wrong field.
    wrong: Option<Refusal>,
}

impl<'c> Ctx<'c> {
    fn new(limits: &'c Limits, unknown: &'c mut UnknownFields) -> Self {
        Self {
            limits,
            unknown,
            path: FieldPath::default(),
            leaf: "",
            depth: 0,
            fields: 0,
            items: 0,
            schema_right: false,
            fatal: None,
            wrong: None,
        }
    }

    /// Notes that the field being read is wrong.
    #[cold]
    pub(crate) fn wrong(&mut self, reason: DeadLetterReason) {
        let field = Some(self.path.join(self.leaf));
        self.wrong.get_or_insert(Refusal { reason, field });
    }

    /// Notes that a field of the object being read is wrong or missing.
    #[cold]
    pub(crate) fn wrong_at(&mut self, reason: DeadLetterReason, parts: &[&'static str]) {
        let mut field = self.path;
        for part in parts {
            field = field.join(part);
        }
        self.wrong.get_or_insert(Refusal { reason, field: Some(field) });
    }

    /// Whether a text keeps a rule; noted where it does not.
    pub(crate) fn keeps(&mut self, rule: Rule, text: &str) -> bool {
        match rule.check(text, self.limits) {
            Ok(()) => true,
            Err(reason) => {
                self.wrong(reason);
                false
            }
        }
    }

    /// Stops the pass.
    #[cold]
    fn stop<E: Error>(&mut self, reason: DeadLetterReason, field: Option<FieldPath>) -> E {
        self.fatal.get_or_insert(Refusal { reason, field });
        E::custom("")
    }

    /// Opens an object or array.
    fn enter<E: Error>(&mut self) -> Result<(), E> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > self.limits.depth() {
            return Err(self.stop(DeadLetterReason::TooDeep, None));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn count_field<E: Error>(&mut self) -> Result<(), E> {
        self.fields = self.fields.saturating_add(1);
        if self.fields > self.limits.fields {
            return Err(self.stop(DeadLetterReason::TooManyFields, None));
        }
        Ok(())
    }

    fn count_item<E: Error>(&mut self) -> Result<(), E> {
        self.items = self.items.saturating_add(1);
        if self.items > self.limits.items {
            return Err(self.stop(DeadLetterReason::TooManyFields, None));
        }
        Ok(())
    }
}
