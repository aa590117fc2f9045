//! Objects, arrays and unknown values.

use super::Ctx;
use palermo_domain::DeadLetterReason;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The known field names of an object, at most 64.
pub(crate) trait Key: Copy + 'static {
    const NAMES: &'static [&'static str];
    const ALL: &'static [Self];
    /// A bit per required field.
    const REQUIRED: u64;
}

/// Declares enums of field names in the order of the schema. A trailing `required` marks a
/// required field.
macro_rules! keys {
    (@required required) => { 1 };
    (@required) => { 0 };
    ($($name:ident { $($variant:ident = $text:literal $($required:ident)?,)* })*) => {$(
        #[derive(Clone, Copy)]
        pub(crate) enum $name { $($variant,)* }

        impl $crate::read::Key for $name {
            const NAMES: &'static [&'static str] = &[$($text,)*];
            const ALL: &'static [Self] = &[$(Self::$variant,)*];
            const REQUIRED: u64 =
                0 $(| ($crate::read::keys!(@required $($required)?) << (Self::$variant as u32)))*;
        }
    )*};
}
pub(crate) use keys;

/// An object of a schema.
pub(crate) trait Record<'de> {
    type Key: Key;
    /// What reading needs to remember until the object is complete.
    type Scratch: Default;

    /// Reads the value of a known field. The value must be consumed whatever it is.
    fn read<A: MapAccess<'de>>(
        &mut self,
        key: Self::Key,
        scratch: &mut Self::Scratch,
        map: &mut A,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), A::Error>;

    /// Checks what depends on more than one field, after the required ones were found or missed.
    fn finish(&mut self, scratch: Self::Scratch, ctx: &mut Ctx<'_>) {
        let _ = (scratch, ctx);
    }
}

/// Implements [`Record`] by one expression per key.
macro_rules! record {
    ($type:ty, $key:ident, $scratch:ty, |$self:ident, $found:pat_param, $map:ident, $ctx:ident| {
        $($variant:ident => $read:expr,)*
    } $(finish $finish:expr)?) => {
        impl<'de> $crate::read::Record<'de> for $type {
            type Key = $key;
            type Scratch = $scratch;

            fn read<A: serde::de::MapAccess<'de>>(
                &mut $self,
                key: $key,
                $found: &mut $scratch,
                $map: &mut A,
                $ctx: &mut $crate::read::Ctx<'_>,
            ) -> Result<(), A::Error> {
                match key { $($key::$variant => $read,)* }
                Ok(())
            }

            $(fn finish(&mut self, scratch: $scratch, ctx: &mut $crate::read::Ctx<'_>) {
                let finish: fn(&mut Self, $scratch, &mut $crate::read::Ctx<'_>) = $finish;
                finish(self, scratch, ctx);
            })?
        }
    };
}
pub(crate) use record;

/// Reads a field that is an object of the schema.
pub(crate) fn object<'de, A: MapAccess<'de>, T: Record<'de>>(
    out: &mut T,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    map.next_value_seed(ObjectSeed { out, ctx }).map(|_| ())
}

/// Reads an object into `out`; `false` where the value is of another type.
pub(super) struct ObjectSeed<'a, 'c, T> {
    pub(super) out: &'a mut T,
    pub(super) ctx: &'a mut Ctx<'c>,
}

impl<'de, T: Record<'de>> DeserializeSeed<'de> for ObjectSeed<'_, '_, T> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The methods of a visitor for values that a known field must not have: the fault is noted, the
/// value is walked and the pass goes on with `$result`.
macro_rules! mistyped {
    ($de:lifetime, $result:expr; $($kind:ident)*) => { $($crate::read::seed::mistyped!(@ $de $result, $kind);)* };
    (@ $de:lifetime $result:expr, scalar) => {
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            Ok($result)
        }
        $crate::read::seed::mistyped!(@ $de $result, number_or_null);
    };
    (@ $de:lifetime $result:expr, number_or_null) => {
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            Ok($result)
        }
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            Ok($result)
        }
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            Ok($result)
        }
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            Ok($result)
        }
    };
    (@ $de:lifetime $result:expr, text) => {
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            Ok($result)
        }
    };
    (@ $de:lifetime $result:expr, seq) => {
        fn visit_seq<A: serde::de::SeqAccess<$de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            $crate::read::seed::skip_seq(seq, self.ctx)?;
            Ok($result)
        }
    };
    (@ $de:lifetime $result:expr, map) => {
        fn visit_map<A: serde::de::MapAccess<$de>>(self, map: A) -> Result<Self::Value, A::Error> {
            self.ctx.wrong(palermo_domain::DeadLetterReason::FieldType);
            $crate::read::seed::skip_map(map, self.ctx)?;
            Ok($result)
        }
    };
}
pub(super) use mistyped;

impl<'de, T: Record<'de>> Visitor<'de> for ObjectSeed<'_, '_, T> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self { out, ctx } = self;
        ctx.enter()?;
        let (path, leaf) = (ctx.path, ctx.leaf);
        ctx.path = path.join(leaf);
        let mut scratch = T::Scratch::default();
        let mut others = BTreeSet::new();
        let mut seen: u64 = 0;
        let mut next = 0;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            ctx.count_field()?;
            let Some((index, known, name)) = find::<T::Key>(&key, next) else {
                if others.contains(&key) {
                    return Err(ctx.stop(DeadLetterReason::DuplicateField, None));
                }
                ctx.unknown.count(ctx.path.parts(), &key);
                others.insert(key);
                map.next_value_seed(Skip { ctx })?;
                continue;
            };
            ctx.leaf = name;
            let bit = 1_u64.wrapping_shl(index);
            if seen & bit != 0 {
                let field = ctx.path.join(name);
                return Err(ctx.stop(DeadLetterReason::DuplicateField, Some(field)));
            }
            seen |= bit;
            next = index.wrapping_add(1);
            out.read(known, &mut scratch, &mut map, ctx)?;
        }
        let missing = T::Key::REQUIRED & !seen;
        if missing != 0 {
            let name = usize::try_from(missing.trailing_zeros()).ok();
            let name = name.and_then(|index| T::Key::NAMES.get(index)).copied();
            ctx.wrong_at(DeadLetterReason::MissingField, name.as_slice());
        }
        out.finish(scratch, ctx);
        (ctx.path, ctx.leaf) = (path, leaf);
        ctx.leave();
        Ok(true)
    }

    mistyped! { 'de, false; scalar text seq }
}

/// Finds a name. Producers write fields in the order of the schema, so the search starts behind
/// the last one found.
fn find<K: Key>(name: &str, next: u32) -> Option<(u32, K, &'static str)> {
    let at = |index: usize| K::NAMES.get(index).is_some_and(|known| *known == name);
    let next = usize::try_from(next).unwrap_or(0);
    let index = (next..K::NAMES.len()).chain(0..next).find(|&index| at(index))?;
    Some((u32::try_from(index).ok()?, *K::ALL.get(index)?, K::NAMES.get(index)?))
}

/// Reads a field name, unescaped.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Reads a field that is an array of the schema.
pub(crate) fn array<'de, A: MapAccess<'de>, T: Elements<'de>>(
    elements: T,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    map.next_value_seed(ArraySeed { elements, ctx })
}

/// What an array of a schema holds.
pub(crate) trait Elements<'de> {
    /// Reads the next item; `false` at the end.
    fn next<A: SeqAccess<'de>>(&mut self, seq: &mut A, ctx: &mut Ctx<'_>)
    -> Result<bool, A::Error>;

    /// The most items that the schema allows.
    fn items_max(&self) -> usize;
}

/// An array of texts, each handed to a function.
pub(crate) struct Strings<F> {
    pub(crate) items_max: usize,
    pub(crate) each: F,
}

impl<'de, F: FnMut(Cow<'de, str>, &mut Ctx<'_>)> Elements<'de> for Strings<F> {
    fn next<A: SeqAccess<'de>>(
        &mut self,
        seq: &mut A,
        ctx: &mut Ctx<'_>,
    ) -> Result<bool, A::Error> {
        let item = seq.next_element_seed(super::value::TextSeed { ctx })?;
        let more = item.is_some();
        if let Some(Some(text)) = item {
            (self.each)(text, ctx);
        }
        Ok(more)
    }

    fn items_max(&self) -> usize {
        self.items_max
    }
}

/// An array of objects.
pub(crate) struct Objects<'a, T> {
    pub(crate) items_max: usize,
    pub(crate) blank: fn() -> T,
    pub(crate) out: &'a mut Vec<T>,
}

impl<'de, T: Record<'de>> Elements<'de> for Objects<'_, T> {
    fn next<A: SeqAccess<'de>>(
        &mut self,
        seq: &mut A,
        ctx: &mut Ctx<'_>,
    ) -> Result<bool, A::Error> {
        let mut item = (self.blank)();
        let read = seq.next_element_seed(ObjectSeed { out: &mut item, ctx })?;
        if read == Some(true) {
            self.out.push(item);
        }
        Ok(read.is_some())
    }

    fn items_max(&self) -> usize {
        self.items_max
    }
}

/// An object of free names with texts and truth values (`list.v1`).
pub(crate) struct Fields<'a> {
    pub(crate) items_max: usize,
    pub(crate) out: &'a mut Vec<(String, String)>,
}

/// Reads a field that is an object of free names.
pub(crate) fn fields<'de, A: MapAccess<'de>>(
    fields: Fields<'_>,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    map.next_value_seed(FieldsSeed { fields, ctx })
}

struct FieldsSeed<'a, 'c> {
    fields: Fields<'a>,
    ctx: &'a mut Ctx<'c>,
}

impl<'de> DeserializeSeed<'de> for FieldsSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldsSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { fields, ctx } = self;
        ctx.enter()?;
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key_seed(KeySeed)? {
            ctx.count_field()?;
            if names.contains(&name) {
                let field = ctx.path.join(ctx.leaf);
                return Err(ctx.stop(DeadLetterReason::DuplicateField, Some(field)));
            }
            if let Some(value) = map.next_value_seed(super::value::TextOrBoolSeed { ctx })? {
                fields.out.push((name.clone().into_owned(), value));
            }
            names.insert(name);
        }
        if names.len() > fields.items_max {
            ctx.wrong(DeadLetterReason::TooManyFields);
        }
        ctx.leave();
        Ok(())
    }

    mistyped! { 'de, (); scalar text seq }
}

struct ArraySeed<'a, 'c, T> {
    elements: T,
    ctx: &'a mut Ctx<'c>,
}

impl<'de, T: Elements<'de>> DeserializeSeed<'de> for ArraySeed<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Elements<'de>> Visitor<'de> for ArraySeed<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { mut elements, ctx } = self;
        ctx.enter()?;
        let mut count: usize = 0;
        while elements.next(&mut seq, ctx)? {
            ctx.count_item()?;
            count = count.saturating_add(1);
        }
        if count > elements.items_max() {
            ctx.wrong(DeadLetterReason::TooManyFields);
        }
        ctx.leave();
        Ok(())
    }

    mistyped! { 'de, (); scalar text map }
}

/// Walks an unknown value within the bounds.
pub(super) struct Skip<'a, 'c> {
    pub(super) ctx: &'a mut Ctx<'c>,
}

impl<'de> DeserializeSeed<'de> for Skip<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skip<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq, self.ctx)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        skip_map(map, self.ctx)
    }
}

pub(super) fn skip_seq<'de, A: SeqAccess<'de>>(
    mut seq: A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    ctx.enter()?;
    while seq.next_element_seed(Skip { ctx })?.is_some() {
        ctx.count_item()?;
    }
    ctx.leave();
    Ok(())
}

pub(super) fn skip_map<'de, A: MapAccess<'de>>(
    mut map: A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    ctx.enter()?;
    let mut names = BTreeSet::new();
    while let Some(name) = map.next_key_seed(KeySeed)? {
        ctx.count_field()?;
        if !names.insert(name) {
            return Err(ctx.stop(DeadLetterReason::DuplicateField, None));
        }
        map.next_value_seed(Skip { ctx })?;
    }
    ctx.leave();
    Ok(())
}
