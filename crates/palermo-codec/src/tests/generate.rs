//! Random valid values, from a stream of bytes: an exhausted stream gives zeros, and zero means
//! absent or the first choice, so a failing case shrinks to a small one.

use palermo_domain::{
    Activity, AgeBand, Card, Cash, CashNotes, Channel, Check, Conductor, Crypto, CryptoCategory,
    CryptoConfidence, CryptoSide, Currency, Date, Decimal, Device, End, EndKind, EventCode,
    EventTime, Feed, FeedSet, Hours, ListRow, Merchant, MicroDegrees, OwnedAccount, Party,
    PartyEvent, PartyKind, PartyRelation, Payment, PaymentKind, PlaceText, Product, Rail, Redacted,
    Relation, RelationKind, Service, ServiceKind, Status, Stay, Terminal, TerminalKind, Travel,
};
use std::borrow::Cow;

pub(crate) struct Dice<'b>(std::slice::Iter<'b, u8>);

type Word = Cow<'static, str>;
type Shown = Redacted<Word>;

impl<'b> Dice<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes.iter())
    }

    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, end: u64) -> u64 {
        (0..4).fold(0, |n, _| n << 8 | u64::from(self.byte())) % end
    }

    fn within(&mut self, from: i64, to: i64) -> i64 {
        let span = to.abs_diff(from) + 1;
        let drawn = self.below(1 << 32) << 32 | self.below(1 << 32);
        from + i64::try_from(drawn % span).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % 4 > 1).then(|| make(self))
    }

    fn some<T>(&mut self, max: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(max + 1);
        (0..count).map(|_| make(self)).collect()
    }

    fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn word(&mut self, min: u64, max: u64, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let count = min + self.below(max - min + 1);
        (0..count).map(|_| self.pick(&letters)).collect()
    }

    /// With escapes, quotes, controls and letters of four bytes in it.
    fn text(&mut self, min: u64, max: u64) -> Word {
        Cow::Owned(self.word(min, max, "abc \"\\/\n\u{0}\u{7f}\u{2028}é漢😀{}[]:,"))
    }

    fn shown(&mut self, min: u64, max: u64) -> Shown {
        Redacted::new(self.text(min, max))
    }

    fn id(&mut self) -> Shown {
        let id = self.word(4, 64, "XyZ019._:@#/+-");
        Redacted::new(Cow::Owned(if id == "null" { "x".into() } else { id }))
    }

    fn hash(&mut self) -> Shown {
        Redacted::new(Cow::Owned(self.word(16, 64, "0123456789abcdef")))
    }

    fn owned_id(&mut self) -> Redacted<String> {
        Redacted::new(self.id().into_inner().into_owned())
    }

    fn owned_hash(&mut self) -> Redacted<String> {
        Redacted::new(self.hash().into_inner().into_owned())
    }

    fn amount(&mut self, decimals: u32) -> Decimal {
        let whole = i128::from(self.within(0, 999_999_999_999_999));
        let scale = u32::try_from(self.below(u64::from(decimals) + 1)).unwrap();
        let fraction = i128::from(self.below(10_u64.pow(scale)));
        Decimal::from_i128_with_scale(whole * 10_i128.pow(scale) + fraction, scale)
    }

    fn time(&mut self) -> EventTime {
        EventTime(self.within(-62_167_219_200_000, 253_402_300_799_999))
    }

    fn date(&mut self) -> Date {
        let day = self.within(-719_528, 2_932_896);
        Date(i32::try_from(day).unwrap())
    }

    fn country(&mut self) -> Word {
        Cow::Owned(self.word(2, 2, "ABZ"))
    }

    fn coordinates(&mut self) -> (MicroDegrees, MicroDegrees) {
        let mut micro = |max: i64| MicroDegrees(i32::try_from(self.within(-max, max)).unwrap());
        (micro(90_000_000), micro(180_000_000))
    }

    fn place(&mut self) -> PlaceText<'static> {
        PlaceText {
            country: self.maybe(Self::country),
            region: self.maybe(|d| d.text(1, 35)),
            town: self.maybe(|d| d.text(1, 70)),
            locode: self.maybe(|d| Cow::Owned(d.word(2, 2, "UZ") + &d.word(3, 3, "AZ29"))),
            coordinates: self.maybe(Self::coordinates),
        }
    }

    fn end(&mut self, balance: bool) -> End<'static> {
        End {
            account: self.maybe(Self::id),
            party: self.maybe(Self::id),
            name: self.maybe(|d| d.shown(1, 140)),
            kind: self.maybe(|d| d.pick(EndKind::ALL)),
            bank: self.maybe(|d| d.text(0, 35)),
            place: self.place(),
            alias: self.maybe(|d| d.shown(0, 140)),
            phone: self.maybe(Self::hash),
            email: self.maybe(Self::hash),
            address: self.maybe(Self::hash),
            wallet: self.maybe(|d| d.shown(0, 128)),
            ours: self.maybe(Self::flag),
            balance_after: self.maybe(|d| d.balance()).filter(|_| balance),
        }
    }

    fn balance(&mut self) -> Decimal {
        let amount = self.amount(8);
        if self.flag() && !amount.is_zero() { -amount } else { amount }
    }

    fn side(&mut self) -> CryptoSide<'static> {
        CryptoSide {
            cluster: self.maybe(Self::id),
            label: self.maybe(|d| d.shown(0, 70)),
            category: self.maybe(|d| d.pick(CryptoCategory::ALL)),
            confidence: self.maybe(|d| d.pick(CryptoConfidence::ALL)),
            as_of: self.maybe(Self::date),
            exposure_percent: self.maybe(|d| d.amount(8)),
            hops: self.maybe(|d| d.pick(&[0, 7, 20])),
        }
    }

    fn travel(&mut self) -> Travel<'static> {
        Travel {
            one_way: self.maybe(Self::flag),
            passengers: self.maybe(|d| d.pick(&[1, 99])),
            from: self.maybe(|d| d.shown(1, 70)),
            to: self.maybe(|d| d.shown(1, 70)),
            to_country: self.maybe(Self::country),
            depart: self.maybe(Self::date),
            booking: self.maybe(Self::hash),
            travelers: self.some(3, Self::hash),
        }
    }

    fn notes(&mut self) -> Vec<CashNotes> {
        self.some(3, |d| CashNotes { value: d.amount(8), count: d.pick(&[0, 9, u32::MAX]) })
    }

    /// A payment with the parts of a plain one at random, then [`Dice::rare`] ones.
    pub(crate) fn payment(&mut self) -> Payment<'static> {
        let rail = self.pick(Rail::ALL);
        let (code, decimals) = match rail {
            Rail::Crypto => self.pick(&[("USDT", 8), ("BTC", 8), ("1INCH", 8)]),
            _ => self.pick(&[("USD", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4)]),
        };
        let mut payment = Payment {
            payment_id: self.id(),
            event_time: self.time(),
            utc_offset_minutes: self.maybe(|d| d.pick(&[-840, -300, 0, 840])),
            kind: self.pick(PaymentKind::ALL),
            rail,
            channel: self.maybe(|d| d.pick(Channel::ALL)),
            status: self.pick(Status::ALL),
            amount: self.amount(decimals),
            currency: Currency::try_new(code).unwrap(),
            fee: self.maybe(|d| d.amount(decimals)),
            debtor: self.end(true),
            creditor: self.end(true),
            ultimate_debtor: self.maybe(|d| Box::new(d.end(false))),
            ultimate_creditor: self.maybe(|d| Box::new(d.end(false))),
            conductor: None,
            merchant: None,
            terminal: None,
            device: None,
            card: None,
            crypto: None,
            travel: None,
            cash: None,
            stay: None,
            service: None,
            check: None,
            purpose: self.maybe(|d| Cow::Owned(d.word(4, 4, "AZ09"))),
            relation: self.maybe(|d| d.pick(Relation::ALL)),
            text: self.maybe(|d| d.shown(0, 560)),
            end_to_end_id: self.maybe(|d| d.shown(0, 35)),
            uetr: self.maybe(|_| Redacted::new("97ed4827-7b6f-4491-a06f-b548d5a7512d".into())),
            refers_to: self.maybe(Self::id),
            gross_amount: self.maybe(|d| d.amount(decimals)),
            counter_amount: self.maybe(|d| d.amount(2)),
            counter_currency: self.maybe(|_| Currency::try_new("EUR").unwrap()),
            entity: self.maybe(|d| d.text(0, 35)),
            batch: self.maybe(|d| d.id().into_inner()),
            source: self.maybe(|d| d.text(0, 35)),
        };
        self.rare(&mut payment);
        self.keep_conditions(&mut payment);
        payment
    }

    fn rare(&mut self, payment: &mut Payment<'static>) {
        payment.conductor = self.maybe(|d| Conductor {
            party: d.maybe(Self::id),
            document: d.maybe(Self::hash),
            is_holder: d.maybe(Self::flag),
        });
        payment.merchant = self.maybe(|d| Merchant {
            id: d.maybe(Self::id),
            mcc: d.maybe(|d| Cow::Owned(d.word(4, 4, "0159"))),
            name: d.maybe(|d| d.shown(1, 140)),
            domain: d.maybe(|d| d.shown(0, 140)),
            place: d.place(),
        });
        payment.terminal = self.maybe(|d| Terminal {
            id: d.maybe(Self::id),
            kind: d.maybe(|d| d.pick(TerminalKind::ALL)),
            place: d.place(),
        });
        payment.device = self.maybe(|d| Device {
            id: d.maybe(Self::id),
            ip: d.maybe(|d| d.shown(0, 45)),
            ip_country: d.maybe(Self::country),
        });
        payment.card = self.maybe(|d| Card {
            token: d.maybe(Self::id),
            prepaid: d.maybe(Self::flag),
            present: d.maybe(Self::flag),
            reload: d.maybe(Self::flag),
        });
        payment.crypto = self.maybe(|d| {
            Box::new(Crypto {
                tx_hash: d.maybe(|d| d.shown(0, 128)),
                chain: d.maybe(|d| d.text(0, 16)),
                debtor: d.maybe(Self::side),
                creditor: d.maybe(Self::side),
            })
        });
        payment.travel = self.maybe(|d| Box::new(d.travel()));
        payment.cash = self.maybe(|d| {
            let (notes_in, notes_out) = (d.notes(), d.notes());
            Box::new(Cash { notes_in, notes_out, coins: d.maybe(|d| d.amount(8)) })
        });
        payment.stay = self.maybe(|d| Stay {
            check_in: d.maybe(Self::date),
            nights: d.maybe(|d| d.pick(&[0, 365])),
            rooms: d.maybe(|d| d.pick(&[1, 99])),
        });
        payment.service = self.maybe(|d| Service {
            kind: d.maybe(|d| d.pick(ServiceKind::ALL)),
            reference: d.maybe(Self::hash),
        });
        payment.check =
            self.maybe(|d| Check { payee: d.maybe(Self::id), number: d.maybe(Self::hash) });
    }

    /// The conditions at the end of the schema.
    fn keep_conditions(&mut self, payment: &mut Payment<'static>) {
        let account = Some(self.id());
        match payment.kind {
            PaymentKind::CashDeposit => payment.creditor.account = account,
            PaymentKind::CashExchange => {}
            _ if payment.kind == PaymentKind::CashWithdrawal
                || payment.creditor.account.is_none() =>
            {
                payment.debtor.account = account;
            }
            _ => {}
        }
        if payment.status == Status::Reversed {
            payment.refers_to = Some(self.id());
        }
    }

    fn account(&mut self) -> OwnedAccount {
        OwnedAccount {
            account: self.owned_id(),
            opened: self.maybe(Self::date),
            closed: self.maybe(Self::date),
            product: self.maybe(|d| d.pick(Product::ALL)),
            holder: self.flag(),
        }
    }

    fn hours(&mut self) -> Hours {
        let mut minute = || u16::try_from(self.below(1440)).unwrap();
        let (open_minute, close_minute) = (minute(), minute());
        Hours { days: self.byte() & 0x7f, open_minute, close_minute }
    }

    pub(crate) fn party(&mut self) -> Party {
        Party {
            party: self.owned_id(),
            as_of: self.time(),
            kind: self.pick(PartyKind::ALL),
            accounts: self.some(3, Self::account),
            segment: self.maybe(|d| d.text(0, 35).into_owned()),
            home: self.maybe(|d| Redacted::new(d.place().to_place())),
            work: self.maybe(|d| Redacted::new(d.place().to_place())),
            since: self.maybe(Self::date),
            age_band: self.maybe(|d| d.pick(AgeBand::ALL)),
            industry_mcc: self.maybe(|d| d.word(4, 4, "0159")),
            headcount: self.maybe(|d| d.pick(&[0, 12, u32::MAX])),
            monthly_income: self.maybe(|d| Redacted::new(d.amount(2))),
            monthly_turnover: self.maybe(|d| Redacted::new(d.amount(2))),
            currency: self.maybe(|_| Currency::try_new("EUR").unwrap()),
            hours: self.some(3, Self::hours),
            licensed: self.maybe(Self::flag),
            phone: self.maybe(Self::owned_hash),
            email: self.maybe(Self::owned_hash),
            address: self.maybe(Self::owned_hash),
            relations: self.some(3, |d| PartyRelation {
                party: d.owned_id(),
                kind: d.pick(RelationKind::ALL),
                since: d.maybe(Self::date),
                until: d.maybe(Self::date),
            }),
            feeds: self.some(4, |d| d.pick(Feed::ALL)).into_iter().fold(
                FeedSet::default(),
                |mut feeds, feed| {
                    feeds.insert(feed);
                    feeds
                },
            ),
            merchants: self.some(3, Self::owned_id),
            terminals: self.some(3, Self::owned_id),
            activity: self.maybe(|d| d.pick(Activity::ALL)),
            occupation_code: self.maybe(|d| d.word(1, 4, "0159")),
            incorporated: self.maybe(Self::date),
            events: self.some(3, |d| PartyEvent {
                code: d.pick(EventCode::ALL),
                at: d.time(),
                by: d.maybe(Self::owned_id),
                device: d.maybe(Self::owned_id),
            }),
            hash_key_id: self.maybe(|d| d.text(0, 35).into_owned()),
        }
    }

    pub(crate) fn list_row(&mut self) -> ListRow {
        let mut fields = self.some(3, |d| (d.text(0, 20).into_owned(), d.text(0, 20).into_owned()));
        fields.sort();
        fields.dedup_by(|a, b| a.0 == b.0);
        ListRow {
            list: self.word(1, 1, "az09") + &self.word(0, 63, "az09_.-"),
            row: self.text(1, 128).into_owned(),
            fields,
            valid_from: self.date(),
            valid_to: self.maybe(Self::date),
            source: self.text(0, 140).into_owned(),
        }
    }
}
