//! Tokens to syntax, by operator precedence. Depth and length are bounded, so no text can exhaust
//! the stack here or in the stages that follow. Cost: one visit per token.

use super::lexer::{Placed, Token, tokens};
use super::{DEPTH_MAX, Kind, LENGTH_MAX, Op, Syntax};
use std::fmt;
use std::ops::Range;

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Where, in bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

type Parsed<T> = Result<T, SyntaxError>;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub text: String,
    pub range: Range<usize>,
}

/// A measure as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MeasureSyntax {
    /// `FN(value) over SELECTION [where EXPR] [within DURATION]`.
    Over { call: Syntax, over: Name, filter: Option<Syntax>, within: Option<Syntax> },
    /// Anything else.
    Plain(Syntax),
}

/// A step of a sequence as written: `EXPR[, within DURATION of STEP]`, or `around` for `within`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StepSyntax {
    pub condition: Syntax,
    pub limit: Option<LimitSyntax>,
}

/// How near a step is to an earlier one, as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LimitSyntax {
    /// On either side, not only after it.
    pub around: bool,
    pub span: Syntax,
    pub of: Name,
}

impl fmt::Display for MeasureSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(syntax) => write!(f, "{syntax}"),
            Self::Over { call, over, filter, within } => {
                write!(f, "{call} over {}", over.text)?;
                if let Some(filter) = filter {
                    write!(f, " where {filter}")?;
                }
                if let Some(within) = within {
                    write!(f, " within {within}")?;
                }
                Ok(())
            }
        }
    }
}

/// Reads an expression.
pub(crate) fn parse_expression(text: &str) -> Parsed<Syntax> {
    let mut parser = Parser::new(text)?;
    let syntax = parser.expression(0, 0)?;
    parser.end()?;
    Ok(syntax)
}

/// Reads a measure.
pub(crate) fn parse_measure(text: &str) -> Parsed<MeasureSyntax> {
    let mut parser = Parser::new(text)?;
    let call = parser.expression(0, 0)?;
    if !parser.take_word("over") {
        parser.end()?;
        return Ok(MeasureSyntax::Plain(call));
    }
    let over = parser.name("the name of a selection")?;
    let filter = if parser.take_word("where") { Some(parser.expression(0, 0)?) } else { None };
    let within = if parser.take_word("within") { Some(parser.expression(7, 0)?) } else { None };
    parser.end()?;
    Ok(MeasureSyntax::Over { call, over, filter, within })
}

/// Reads a step of a sequence.
pub(crate) fn parse_step(text: &str) -> Parsed<StepSyntax> {
    let mut parser = Parser::new(text)?;
    let condition = parser.expression(0, 0)?;
    let limit = if parser.take(",") { Some(parser.limit()?) } else { None };
    parser.end()?;
    Ok(StepSyntax { condition, limit })
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    end: usize,
}

impl Parser {
    fn new(text: &str) -> Parsed<Self> {
        if text.len() > LENGTH_MAX {
            return Err(SyntaxError {
                range: 0..text.len(),
                message: format!("the expression is longer than {LENGTH_MAX} bytes"),
                help: "split it into several selections or measures".to_owned(),
            });
        }
        Ok(Self { tokens: tokens(text)?, at: 0, end: text.len() })
    }

    /// `within DURATION of STEP`, `around DURATION of STEP`.
    fn limit(&mut self) -> Parsed<LimitSyntax> {
        let around = self.take_word("around");
        if !around && !self.take_word("within") {
            return Err(self.expected("`within` or `around`"));
        }
        let span = self.expression(7, 0)?;
        if !self.take_word("of") {
            return Err(self.expected("`of` and the name of an earlier step"));
        }
        Ok(LimitSyntax { around, span, of: self.name("the name of an earlier step")? })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    fn next(&mut self) -> Option<Placed> {
        let placed = self.tokens.get(self.at).cloned();
        self.at = self.at.saturating_add(1);
        placed
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |placed| placed.range.clone())
    }

    fn before(&self) -> usize {
        let last = self.tokens.get(self.at.saturating_sub(1));
        last.map_or(self.end, |placed| placed.range.end)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let message = match self.peek() {
            None => format!("expected {what}, found the end"),
            Some(_) => format!("expected {what}"),
        };
        let help = "an expression is like `kind == transfer && amount >= $min`".to_owned();
        SyntaxError { range: self.here(), message, help }
    }

    fn need(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.peek() {
            Some(Token::Word(text)) => {
                let name = Name { text: text.clone(), range: self.here() };
                self.at = self.at.saturating_add(1);
                Ok(name)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn end(&self) -> Parsed<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.expected("an operator or the end")) }
    }

    fn build(&self, start: usize, kind: Kind) -> Parsed<Syntax> {
        let below = children(&kind).map(|child| child.depth).max().unwrap_or(0);
        let depth = below.saturating_add(1);
        let range = start..self.before().max(start);
        if depth > DEPTH_MAX { Err(too_deep(range)) } else { Ok(Syntax { kind, range, depth }) }
    }

    /// An expression whose operators bind at least as tightly as `at_least`.
    fn expression(&mut self, at_least: u8, nesting: u8) -> Parsed<Syntax> {
        if nesting >= DEPTH_MAX {
            return Err(too_deep(self.here()));
        }
        let nesting = nesting.saturating_add(1);
        let mut left = self.prefix(nesting)?;
        while let Some((binding, infix)) = self.infix() {
            if binding < at_least {
                break;
            }
            let start = left.range.start;
            self.at = self.at.saturating_add(1);
            let right = self.expression(binding.saturating_add(1), nesting)?;
            let kind = match infix {
                Infix::Or => Kind::Or(joined(left, right, as_or)),
                Infix::And => Kind::And(joined(left, right, as_and)),
                Infix::Op(op) => Kind::Binary(op, Box::new(left), Box::new(right)),
            };
            left = self.build(start, kind)?;
            if binding == 3 && self.infix().is_some_and(|(next, _)| next == 3) {
                let mut error = self.expected("`&&`, `||` or the end");
                "comparisons do not chain: write `a < b && b < c`".clone_into(&mut error.help);
                return Err(error);
            }
        }
        Ok(left)
    }

    fn infix(&self) -> Option<(u8, Infix)> {
        let op = match self.peek()? {
            Token::Sign("||") => return Some((1, Infix::Or)),
            Token::Sign("&&") => return Some((2, Infix::And)),
            Token::Sign("==") => Op::Eq,
            Token::Sign("!=") => Op::Ne,
            Token::Sign("<") => Op::Lt,
            Token::Sign("<=") => Op::Le,
            Token::Sign(">") => Op::Gt,
            Token::Sign(">=") => Op::Ge,
            Token::Sign("+") => Op::Add,
            Token::Sign("-") => Op::Sub,
            Token::Sign("*") => Op::Mul,
            Token::Sign("/") => Op::Div,
            Token::Word(word) if word == "in" => Op::In,
            Token::Word(word) if word == "matches" => Op::Matches,
            _ => return None,
        };
        Some((op.binding(), Infix::Op(op)))
    }

    fn prefix(&mut self, nesting: u8) -> Parsed<Syntax> {
        let start = self.here().start;
        if self.take("!") {
            let inner = self.expression(6, nesting)?;
            return self.build(start, Kind::Not(Box::new(inner)));
        }
        if self.take("-") {
            let inner = self.expression(6, nesting)?;
            return self.build(start, Kind::Neg(Box::new(inner)));
        }
        let mut value = self.primary(nesting)?;
        loop {
            if self.take("[") {
                let key = self.expression(0, nesting)?;
                self.need("]")?;
                value = self.build(start, Kind::Index(Box::new(value), Box::new(key)))?;
            } else if self.take(".") {
                let name = self.name("the name of a column")?;
                value = self.build(start, Kind::Member(Box::new(value), name.text))?;
            } else {
                return Ok(value);
            }
        }
    }

    fn primary(&mut self, nesting: u8) -> Parsed<Syntax> {
        let start = self.here().start;
        if self.take("(") {
            let inner = self.expression(0, nesting)?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.take("[") {
            let items = self.list("]", nesting)?;
            return self.build(start, Kind::Set(items));
        }
        if !self.peek().is_some_and(|token| !matches!(token, Token::Sign(_))) {
            return Err(self.expected("a value"));
        }
        let Some(placed) = self.next() else { return Err(self.expected("a value")) };
        let kind = match placed.token {
            Token::Int(value) => Kind::Int(value),
            Token::Decimal(value) => Kind::Decimal(value),
            Token::Duration(value) => Kind::Duration(value),
            Token::Text(value) => Kind::Text(value),
            Token::Id(id) => Kind::Id(id),
            Token::Param(name) => Kind::Param(name),
            Token::Word(word) if word == "true" || word == "false" => Kind::Bool(word == "true"),
            Token::Word(word) => self.path(word, nesting)?,
            Token::Sign(_) => return Err(self.expected("a value")),
        };
        self.build(start, kind)
    }

    fn path(&mut self, first: String, nesting: u8) -> Parsed<Kind> {
        let mut parts = vec![first];
        while self.take(".") {
            parts.push(self.name("a name after `.`")?.text);
        }
        if self.take("(") {
            return Ok(Kind::Call(parts, self.list(")", nesting)?));
        }
        Ok(Kind::Path(parts))
    }

    fn list(&mut self, close: &str, nesting: u8) -> Parsed<Vec<Syntax>> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(self.expression(0, nesting)?);
            if self.take(close) {
                return Ok(items);
            }
            if !self.take(",") {
                return Err(self.expected(&format!("`,` or `{close}`")));
            }
        }
    }
}

enum Infix {
    Or,
    And,
    Op(Op),
}

fn as_or(syntax: Syntax) -> Result<Vec<Syntax>, Syntax> {
    match syntax.kind {
        Kind::Or(parts) => Ok(parts),
        _ => Err(syntax),
    }
}

fn as_and(syntax: Syntax) -> Result<Vec<Syntax>, Syntax> {
    match syntax.kind {
        Kind::And(parts) => Ok(parts),
        _ => Err(syntax),
    }
}

/// The parts of both sides in one list: `a && (b && c)` is `a && b && c`.
fn joined(
    left: Syntax,
    right: Syntax,
    split: fn(Syntax) -> Result<Vec<Syntax>, Syntax>,
) -> Vec<Syntax> {
    let mut parts = split(left).unwrap_or_else(|one| vec![one]);
    parts.extend(split(right).unwrap_or_else(|one| vec![one]));
    parts
}

fn children(kind: &Kind) -> impl Iterator<Item = &Syntax> {
    let (many, few): (&[Syntax], [Option<&Syntax>; 2]) = match kind {
        Kind::And(parts) | Kind::Or(parts) | Kind::Set(parts) | Kind::Call(_, parts) => {
            (parts, [None, None])
        }
        Kind::Index(a, b) | Kind::Binary(_, a, b) => (&[], [Some(a), Some(b)]),
        Kind::Member(a, _) | Kind::Not(a) | Kind::Neg(a) => (&[], [Some(a), None]),
        _ => (&[], [None, None]),
    };
    many.iter().chain(few.into_iter().flatten())
}

fn too_deep(range: Range<usize>) -> SyntaxError {
    SyntaxError {
        range,
        message: format!("the expression is nested deeper than {DEPTH_MAX} levels"),
        help: "split it into several selections or measures".to_owned(),
    }
}
