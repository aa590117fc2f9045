//! Innocent lives that look like the typologies, as the catalogue names them.
//!
//! Each has some of the numbers of its typology and lacks what decides, or has what its suppressor
//! asks for. They are written from the catalogue's lines `Innocent look-alikes` and `Suppress when`.

use crate::prelude::Spec;
use crate::script::{Part, Scene, Script};
use crate::who::Who;
use palermo_domain::alert::Role;

mod coin;
mod demo;
mod family;
mod trade;
mod work;

/// A look-alike as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alike {
    /// Which innocent life it is.
    pub(crate) name: &'static str,
    /// What it looks like.
    pub(crate) typology: &'static str,
    /// What explains it.
    pub(crate) suppressor: Option<&'static str>,
    /// Days that it takes.
    pub(crate) span: u16,
    /// Writes one.
    pub(crate) write: fn(&mut Script<'_>) -> Scene,
}

#[rustfmt::skip]
const fn alike(
    name: &'static str, typology: &'static str, suppressor: Option<&'static str>, span: u16,
    write: fn(&mut Script<'_>) -> Scene,
) -> Alike {
    Alike { name, typology, suppressor, span, write }
}

/// All of them, in the order in which they are written.
#[rustfmt::skip]
pub(crate) const ALIKES: [Alike; 33] = [
    alike("savings_club", "CT-14", Some("SUP-ROSCA"), 31, demo::savings_club),
    alike("hotel_worker", "CT-01", Some("SUP-HOSP"), 31, demo::hotel_worker),
    alike("border_trader", "CT-14", None, 31, demo::border_trader),
    alike("sales_rep", "CT-01", None, 31, demo::sales_rep),
    alike("landlord", "CT-02", Some("SUP-LANDLORD"), 90, trade::landlord),
    alike("late_spa", "CT-03", Some("SUP-STOREFRONT"), 90, trade::late_spa),
    alike("split_bill", "CT-04", Some("SUP-SPLIT"), 45, family::split_bill),
    alike("resettlement", "CT-05", Some("SUP-NGO"), 120, work::resettlement),
    alike("student_intake", "CT-05", None, 60, family::student_intake),
    alike("gift_gamer", "CT-06", Some("SUP-CRYPTO"), 30, coin::gift_gamer),
    alike("house_share", "CT-07", Some("SUP-LANDLORD"), 70, work::house_share),
    alike("seasonal_crew", "CT-07", Some("SUP-MIGWORK"), 70, work::seasonal_crew),
    alike("salary_advance", "CT-08", None, 90, work::salary_advance),
    alike("family_lender", "CT-09", Some("SUP-FAMREM"), 240, family::family_lender),
    alike("subcontractor", "CT-10", Some("SUP-PAYROLL"), 120, work::subcontractor),
    alike("household_manager", "CT-11", None, 150, work::household_manager),
    alike("appointee", "CT-12", Some("SUP-CARER"), 60, family::appointee),
    alike("lawful_traveler", "CT-13", Some("SUP-FAMREM"), 90, family::lawful_traveler),
    alike("licensed_remitter", "CT-15", Some("SUP-HAWALA"), 90, trade::licensed_remitter),
    alike("surgery_fund", "CT-16", Some("SUP-MEDICAL"), 25, family::surgery_fund),
    alike("pilgrimage", "CT-17", Some("SUP-EVENT"), 90, trade::pilgrimage),
    alike("repaid_uncle", "CT-18", Some("SUP-FAMREM"), 240, family::repaid_uncle),
    alike("online_tutor", "CT-19", Some("SUP-GIG"), 120, work::online_tutor),
    alike("diaspora_hub", "CT-20", Some("SUP-FAMREM"), 60, family::diaspora_hub),
    alike("team_treasurer", "CT-21", Some("SUP-SMALLCASH"), 21, family::team_treasurer),
    alike("vpn_wallet", "CT-22", Some("SUP-CREATOR"), 150, coin::vpn_wallet),
    alike("coin_investor", "CT-23", Some("SUP-CRYPTO"), 60, coin::coin_investor),
    alike("staff_rotation", "CT-24", Some("SUP-PAYROLL"), 300, work::staff_rotation),
    alike("medical_travel", "CT-25", Some("SUP-MEDICAL"), 180, family::medical_travel),
    alike("foreign_student", "CT-26", Some("SUP-EXPAT"), 90, family::foreign_student),
    alike("otc_desk", "CT-27", Some("SUP-CRYPTO"), 40, coin::otc_desk),
    alike("family_group", "CT-28", None, 180, trade::family_group),
    alike("busker", "CT-29", Some("SUP-SMALLCASH"), 30, work::busker),
];

/// Everybody in an innocent life.
const OTHER: Role = Role::CounterpartyOnly;

/// The one it is about.
fn holder(s: &mut Script<'_>, town: u8, spec: Spec) -> Who {
    s.cast(town, spec, OTHER, "holder")
}

/// A firm or public body that is paid.
fn payee(s: &mut Script<'_>, town: u8, k: u32, function: &'static str) -> Who {
    let who = s.company(town, k);
    s.members.push((Part::Account(who), OTHER, function));
    who
}
