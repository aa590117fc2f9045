//! Bugs these tests can see: a printed expression that reads as another one (property), a wrong
//! precedence or a wrong place of an error (rows), and unbounded nesting.

use super::{Kind, Op, Syntax, parse_expression, parse_measure, parse_step};
use palermo_domain::{Decimal, Span};
use proptest::prelude::*;

fn at_zero(kind: Kind) -> Syntax {
    Syntax { kind, range: 0..0, depth: 1 }
}

fn flattened(parts: Vec<Syntax>, and: bool) -> Vec<Syntax> {
    let split = |part: Syntax| match part.kind {
        Kind::And(parts) if and => parts,
        Kind::Or(parts) if !and => parts,
        _ => vec![part],
    };
    parts.into_iter().flat_map(split).collect()
}

fn leaf() -> impl Strategy<Value = Syntax> {
    let word = "[a-z][a-z0-9_]{0,6}".prop_filter("keywords", |word: &String| {
        !["in", "matches", "true", "false", "over", "where", "within", "of"]
            .contains(&word.as_str())
    });
    let path = prop::collection::vec(word, 1..4);
    prop_oneof![
        (0..i64::MAX).prop_map(Kind::Int),
        (0..1_000_000_i64, 1..9_u32).prop_map(|(m, scale)| Kind::Decimal(Decimal::new(m, scale))),
        (0..1_000_000_i64).prop_map(|ms| Kind::Duration(Span::from_millis(ms))),
        "[ -~äß'\"]{0,12}".prop_map(Kind::Text),
        any::<bool>().prop_map(Kind::Bool),
        path.prop_map(Kind::Path),
        "[A-Z]{2,5}-[A-Z0-9]{1,6}".prop_map(Kind::Id),
        "[a-z][a-z_]{0,8}".prop_map(Kind::Param),
    ]
    .prop_map(at_zero)
}

fn expression() -> impl Strategy<Value = Syntax> {
    let ops = prop::sample::select(vec![
        Op::Eq,
        Op::Ne,
        Op::Lt,
        Op::Le,
        Op::Gt,
        Op::Ge,
        Op::In,
        Op::Matches,
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Div,
    ]);
    leaf().prop_recursive(6, 48, 4, move |inner| {
        let boxed = inner.clone().prop_map(Box::new).boxed();
        let many = prop::collection::vec(inner.clone(), 2..4).boxed();
        let call = (prop::collection::vec("[a-z]{1,6}", 1..3), prop::collection::vec(inner, 0..3));
        let row =
            (call.clone(), boxed.clone(), "[a-z]{1,6}").prop_map(|((name, args), key, col)| {
                let of = at_zero(Kind::Call(name, args));
                Kind::Member(Box::new(at_zero(Kind::Index(Box::new(of), key))), col)
            });
        prop_oneof![
            call.prop_map(|(name, arguments)| Kind::Call(name, arguments)),
            row,
            many.clone().prop_map(Kind::Set),
            boxed.clone().prop_map(Kind::Not),
            boxed.clone().prop_map(Kind::Neg),
            many.clone().prop_map(|parts| Kind::And(flattened(parts, true))),
            many.prop_map(|parts| Kind::Or(flattened(parts, false))),
            (ops.clone(), boxed.clone(), boxed).prop_map(|(op, a, b)| Kind::Binary(op, a, b)),
        ]
        .prop_map(at_zero)
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(syntax in expression()) {
        let text = syntax.to_string();
        prop_assume!(text.len() <= super::LENGTH_MAX);
        let read = parse_expression(&text);
        prop_assert_eq!(read.as_ref(), Ok(&syntax), "{}", text);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[-a-z0-9$'.,()\\[\\]!=<>&|+*/ A-Zä]{0,80}") {
        for error in [
            parse_expression(&text).err(),
            parse_measure(&text).err(),
            parse_step(&text).err(),
        ]
        .into_iter()
        .flatten()
        {
            prop_assert!(error.range.end <= text.len() && error.range.start <= error.range.end);
        }
    }
}

#[test]
fn precedence_and_spelling() {
    for (text, canonical) in [
        ("a||b&&c", "a || b && c"),
        ("(a || b) && c", "(a || b) && c"),
        ("a && (b && c)", "a && b && c"),
        ("!a == b", "!a == b"),
        ("!(a == b)", "!(a == b)"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a * (b + c) / -d", "a * (b + c) / -d"),
        ("direction == in", "direction == in"),
        ("x in list('mcc')", "x in list('mcc')"),
        ("list('l')[currency].cash*0.80", "list('l')[currency].cash * 0.80"),
        ("MS-08&&(MS-01||SUP-ROSCA)", "MS-08 && (MS-01 || SUP-ROSCA)"),
        ("age <= 1d12h", "age <= 36h"),
        ("p == 'it''s'", "p == 'it''s'"),
        ("kind in [a, b]", "kind in [a, b]"),
    ] {
        assert_eq!(parse_expression(text).unwrap().to_string(), canonical, "{text}");
    }
}

#[test]
fn errors_point_at_what_is_wrong() {
    for (text, start, message) in [
        ("", 0, "expected a value, found the end"),
        ("a &&", 4, "expected a value, found the end"),
        ("a b", 2, "expected an operator or the end"),
        ("a = b", 2, "`=` is no operator"),
        ("a < b < c", 6, "expected `&&`, `||` or the end"),
        ("a == 'text", 5, "a text that does not end"),
        ("a == \"text\"", 5, "`\"` has no meaning here"),
        ("a & b", 2, "`&` has no meaning here"),
        ("f(a b)", 4, "expected `,` or `)`"),
        ("12x", 0, "`12x` is neither a number nor a length of time"),
        (
            "99999999999999999999",
            0,
            "`99999999999999999999` is neither a number nor a length of time",
        ),
        ("1 + $", 4, "`$` without a name"),
        ("a.", 2, "expected a name after `.`, found the end"),
    ] {
        let error = parse_expression(text).unwrap_err();
        assert_eq!((error.range.start, error.message.as_str()), (start, message), "{text}");
    }
}

#[test]
fn nesting_and_length_are_bounded() {
    for bomb in [
        "(".repeat(4000),
        "!".repeat(4000),
        "-".repeat(4000),
        "[".repeat(4000),
        "f(".repeat(1300),
        "a[".repeat(1300),
        format!("a{}", "+a".repeat(1900)),
        format!("a{}", "-(a".repeat(1000)),
        "x".repeat(5000),
    ] {
        assert!(parse_expression(&bomb).is_err(), "{}", bomb.get(..10).unwrap_or(""));
    }
    // Wide is not deep.
    assert!(parse_expression(&format!("a{}", " && a".repeat(800))).is_ok());
}
