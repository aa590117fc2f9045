//! The part of a payment that is about coin: what was paid in it, and what a tracing firm says of the ends.

use super::{WALLET, text};
use crate::draft::{Coin, Draft, What};
use crate::rng::mix;
use crate::who::{hash_text, id};
use palermo_domain::{
    Crypto, CryptoCategory, CryptoConfidence, CryptoSide, Currency, Decimal, PaymentKind,
};
use std::borrow::Cow;

/// An amount in hundredths of the base currency, in coin.
pub(super) fn coin_of(coin: Coin, cents: u32) -> (Decimal, Option<Currency>) {
    match coin {
        // 65,000 the coin: 100,000,000 parts for 6,500,000 cents.
        Coin::Btc => {
            let parts = i64::from(cents) * 1_000 / 65;
            (Decimal::new(parts, 8), Currency::try_new("BTC"))
        }
        Coin::Usdt => (Decimal::new(i64::from(cents), 2), Currency::try_new("USDT")),
    }
}

/// What is said of the ends; nothing where no coin is moved.
pub(super) fn crypto(draft: &Draft) -> Option<Box<Crypto<'static>>> {
    let side = |category: CryptoCategory, cluster: u64| CryptoSide {
        cluster: Some(text(id("CL-", mix(cluster) % 100_000_000, 8))),
        category: Some(category),
        // How sure a label is differs by cluster; the wallets of guarantee markets are published with
        // the measures against them (F26S).
        confidence: Some(match (category, mix(cluster ^ 0x5e) % 2) {
            (CryptoCategory::GuaranteeMarket, _) | (CryptoCategory::Csam, 0) => {
                CryptoConfidence::Verified
            }
            _ => CryptoConfidence::Likely,
        }),
        hops: Some(0),
        ..CryptoSide::default()
    };
    let chain = |coin: Coin| match coin {
        Coin::Btc => Cow::Borrowed("BTC"),
        Coin::Usdt => Cow::Borrowed("TRON"),
    };
    let exchange = || Some(side(CryptoCategory::Exchange, 7));
    let (coin, debtor, creditor) = match draft.what {
        What::CoinBuy(coin) | What::CoinCard(coin) => (coin, None, exchange()),
        What::CoinSell(coin) => (coin, exchange(), None),
        What::CoinOut(coin, category) => {
            (coin, exchange(), Some(side(category, u64::from(draft.more))))
        }
        What::CoinIn(coin, category) => {
            (coin, Some(side(category, u64::from(draft.more))), exchange())
        }
        What::CoinAtLabel { category } => {
            let from = side(CryptoCategory::Other, u64::from(draft.more));
            (Coin::Btc, Some(from), Some(side(category, draft.payee.identity())))
        }
        What::Traced { category, hops, percent } => {
            let from = CryptoSide {
                hops: Some(hops),
                exposure_percent: Some(Decimal::from(i64::from(percent))),
                ..side(category, u64::from(draft.more))
            };
            (Coin::Btc, Some(from), exchange())
        }
        _ => return None,
    };
    let hash = mix(mix(draft.payer.identity()) ^ u64::try_from(draft.at.0).unwrap_or(0));
    let tx_hash =
        (draft.what.kind() == PaymentKind::CryptoTransfer).then(|| text(hash_text(WALLET, hash)));
    Some(Box::new(Crypto { tx_hash, chain: Some(chain(coin)), debtor, creditor }))
}
