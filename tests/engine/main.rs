//! The engine against an oracle that recomputes everything from a plain list of payments.
//!
//! Each module says which bug it can see. The oracle is `palermo-testkit` and knows only the domain;
//! rules are made beside their naive twins in `rules` and `measures`.

mod activation;
mod adversarial;
mod canaries;
mod control_totals;
mod days;
mod fates;
mod fields;
mod flows;
mod gap;
mod harness;
mod holders;
mod horizon;
mod invariants;
mod lacking;
mod ledger;
mod life;
mod linked;
mod lists;
mod measures;
mod modifiers;
mod order;
mod pages;
mod peers;
mod restart;
mod rules;
mod series;
mod shipped;
mod snapshots;
mod storm;
mod story;
mod typologies;
mod words;
