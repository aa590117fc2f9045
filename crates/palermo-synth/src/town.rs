//! The towns people live in: real ones in the United States, eleven of them at a border, and towns
//! abroad where remittances and journeys go. Nobody ordinary lives abroad.
//!
//! Coordinates are those of the center, to about a kilometer. A UN/LOCODE is given only where the
//! author was sure of it; a record without one is normal. Weights are rough shares of residents,
//! an assumption, with border towns over-represented so that living near a border is ordinary.

use crate::rng::Rng;
use palermo_domain::{MicroDegrees, Place, PlaceText, distance};
use std::borrow::Cow;

/// A town.
#[derive(Debug)]
pub(crate) struct Town {
    name: &'static str,
    country: &'static str,
    region: &'static str,
    lat: i32,
    lon: i32,
    locode: Option<&'static str>,
    /// Standard time.
    zone: Zone,
    border: Border,
    weight: u16,
}

/// A time zone of the United States.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    Eastern,
    Central,
    Mountain,
    /// Mountain time without daylight saving.
    Arizona,
    Pacific,
    /// Abroad, where the offset stays as it is: minutes east of UTC.
    Fixed(i16),
}

/// Whether a border is within a few kilometers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Border {
    No,
    /// Yes.
    Near,
    /// Yes, and cases are planted here.
    Planted,
}

/// The number of a town; one without a town counts as the first.
pub(crate) type TownId = u8;

/// Towns' numbers are below this, a power of two that leaves room to pack them.
pub(crate) const TOWN_SPACE: u32 = 64;

#[rustfmt::skip]
const TOWNS: [Town; 42] = [
    Town { name: "Laredo", country: "US", region: "US-TX", lat: 27_530_000, lon: -99_490_000, locode: Some("USLRD"), zone: Zone::Central, border: Border::Planted, weight: 12 },
    Town { name: "El Paso", country: "US", region: "US-TX", lat: 31_760_000, lon: -106_490_000, locode: Some("USELP"), zone: Zone::Mountain, border: Border::Planted, weight: 20 },
    Town { name: "Brownsville", country: "US", region: "US-TX", lat: 25_900_000, lon: -97_500_000, locode: Some("USBRO"), zone: Zone::Central, border: Border::Planted, weight: 10 },
    Town { name: "McAllen", country: "US", region: "US-TX", lat: 26_200_000, lon: -98_230_000, locode: Some("USMFE"), zone: Zone::Central, border: Border::Planted, weight: 10 },
    Town { name: "Eagle Pass", country: "US", region: "US-TX", lat: 28_710_000, lon: -100_500_000, locode: Some("USEGP"), zone: Zone::Central, border: Border::Planted, weight: 4 },
    Town { name: "Del Rio", country: "US", region: "US-TX", lat: 29_360_000, lon: -100_900_000, locode: Some("USDRT"), zone: Zone::Central, border: Border::Near, weight: 4 },
    Town { name: "Nogales", country: "US", region: "US-AZ", lat: 31_340_000, lon: -110_940_000, locode: Some("USOLS"), zone: Zone::Arizona, border: Border::Planted, weight: 4 },
    Town { name: "Douglas", country: "US", region: "US-AZ", lat: 31_340_000, lon: -109_550_000, locode: None, zone: Zone::Arizona, border: Border::Near, weight: 3 },
    Town { name: "Calexico", country: "US", region: "US-CA", lat: 32_680_000, lon: -115_500_000, locode: None, zone: Zone::Pacific, border: Border::Near, weight: 4 },
    Town { name: "San Diego", country: "US", region: "US-CA", lat: 32_720_000, lon: -117_160_000, locode: Some("USSAN"), zone: Zone::Pacific, border: Border::Near, weight: 34 },
    Town { name: "Buffalo", country: "US", region: "US-NY", lat: 42_890_000, lon: -78_880_000, locode: Some("USBUF"), zone: Zone::Eastern, border: Border::Near, weight: 14 },
    Town { name: "Houston", country: "US", region: "US-TX", lat: 29_760_000, lon: -95_370_000, locode: Some("USHOU"), zone: Zone::Central, border: Border::No, weight: 48 },
    Town { name: "San Antonio", country: "US", region: "US-TX", lat: 29_420_000, lon: -98_490_000, locode: Some("USSAT"), zone: Zone::Central, border: Border::No, weight: 34 },
    Town { name: "Dallas", country: "US", region: "US-TX", lat: 32_780_000, lon: -96_800_000, locode: Some("USDAL"), zone: Zone::Central, border: Border::No, weight: 36 },
    Town { name: "Austin", country: "US", region: "US-TX", lat: 30_270_000, lon: -97_740_000, locode: Some("USAUS"), zone: Zone::Central, border: Border::No, weight: 26 },
    Town { name: "Phoenix", country: "US", region: "US-AZ", lat: 33_450_000, lon: -112_070_000, locode: Some("USPHX"), zone: Zone::Arizona, border: Border::No, weight: 38 },
    Town { name: "Tucson", country: "US", region: "US-AZ", lat: 32_220_000, lon: -110_970_000, locode: None, zone: Zone::Arizona, border: Border::No, weight: 16 },
    Town { name: "Los Angeles", country: "US", region: "US-CA", lat: 34_050_000, lon: -118_240_000, locode: Some("USLAX"), zone: Zone::Pacific, border: Border::No, weight: 70 },
    Town { name: "San Francisco", country: "US", region: "US-CA", lat: 37_770_000, lon: -122_420_000, locode: Some("USSFO"), zone: Zone::Pacific, border: Border::No, weight: 24 },
    Town { name: "Sacramento", country: "US", region: "US-CA", lat: 38_580_000, lon: -121_490_000, locode: None, zone: Zone::Pacific, border: Border::No, weight: 16 },
    Town { name: "Las Vegas", country: "US", region: "US-NV", lat: 36_170_000, lon: -115_140_000, locode: Some("USLAS"), zone: Zone::Pacific, border: Border::No, weight: 20 },
    Town { name: "Denver", country: "US", region: "US-CO", lat: 39_740_000, lon: -104_990_000, locode: Some("USDEN"), zone: Zone::Mountain, border: Border::No, weight: 22 },
    Town { name: "Albuquerque", country: "US", region: "US-NM", lat: 35_080_000, lon: -106_650_000, locode: Some("USABQ"), zone: Zone::Mountain, border: Border::No, weight: 16 },
    Town { name: "Atlanta", country: "US", region: "US-GA", lat: 33_750_000, lon: -84_390_000, locode: Some("USATL"), zone: Zone::Eastern, border: Border::No, weight: 22 },
    Town { name: "Chicago", country: "US", region: "US-IL", lat: 41_880_000, lon: -87_630_000, locode: Some("USCHI"), zone: Zone::Central, border: Border::No, weight: 54 },
    Town { name: "Charlotte", country: "US", region: "US-NC", lat: 35_230_000, lon: -80_840_000, locode: Some("USCLT"), zone: Zone::Eastern, border: Border::No, weight: 24 },
    Town { name: "Raleigh", country: "US", region: "US-NC", lat: 35_780_000, lon: -78_640_000, locode: None, zone: Zone::Eastern, border: Border::No, weight: 14 },
    Town { name: "New York", country: "US", region: "US-NY", lat: 40_710_000, lon: -74_010_000, locode: Some("USNYC"), zone: Zone::Eastern, border: Border::No, weight: 90 },
    Town { name: "Miami", country: "US", region: "US-FL", lat: 25_760_000, lon: -80_190_000, locode: Some("USMIA"), zone: Zone::Eastern, border: Border::No, weight: 18 },
    Town { name: "Orlando", country: "US", region: "US-FL", lat: 28_540_000, lon: -81_380_000, locode: Some("USORL"), zone: Zone::Eastern, border: Border::No, weight: 12 },
    Town { name: "Nashville", country: "US", region: "US-TN", lat: 36_160_000, lon: -86_780_000, locode: Some("USBNA"), zone: Zone::Central, border: Border::No, weight: 18 },
    Town { name: "Memphis", country: "US", region: "US-TN", lat: 35_150_000, lon: -90_050_000, locode: Some("USMEM"), zone: Zone::Central, border: Border::No, weight: 18 },
    Town { name: "New Orleans", country: "US", region: "US-LA", lat: 29_950_000, lon: -90_070_000, locode: Some("USMSY"), zone: Zone::Central, border: Border::No, weight: 12 },
    Town { name: "Oklahoma City", country: "US", region: "US-OK", lat: 35_470_000, lon: -97_520_000, locode: Some("USOKC"), zone: Zone::Central, border: Border::No, weight: 18 },
    Town { name: "Kansas City", country: "US", region: "US-MO", lat: 39_100_000, lon: -94_580_000, locode: Some("USMKC"), zone: Zone::Central, border: Border::No, weight: 16 },
    Town { name: "Seattle", country: "US", region: "US-WA", lat: 47_610_000, lon: -122_330_000, locode: Some("USSEA"), zone: Zone::Pacific, border: Border::No, weight: 22 },
    Town { name: "Portland", country: "US", region: "US-OR", lat: 45_520_000, lon: -122_680_000, locode: Some("USPDX"), zone: Zone::Pacific, border: Border::No, weight: 18 },
    Town { name: "Boston", country: "US", region: "US-MA", lat: 42_360_000, lon: -71_060_000, locode: Some("USBOS"), zone: Zone::Eastern, border: Border::No, weight: 20 },
    Town { name: "Philadelphia", country: "US", region: "US-PA", lat: 39_950_000, lon: -75_170_000, locode: Some("USPHL"), zone: Zone::Eastern, border: Border::No, weight: 36 },
    Town { name: "Columbus", country: "US", region: "US-OH", lat: 39_960_000, lon: -83_000_000, locode: Some("USCMH"), zone: Zone::Eastern, border: Border::No, weight: 26 },
    Town { name: "Salt Lake City", country: "US", region: "US-UT", lat: 40_760_000, lon: -111_890_000, locode: Some("USSLC"), zone: Zone::Mountain, border: Border::No, weight: 10 },
    Town { name: "Minneapolis", country: "US", region: "US-MN", lat: 44_980_000, lon: -93_270_000, locode: None, zone: Zone::Central, border: Border::No, weight: 14 },
];

#[rustfmt::skip]
const ABROAD: [Town; 22] = [
    Town { name: "Tapachula", country: "MX", region: "", lat: 14_900_000, lon: -92_260_000, locode: Some("MXTAP"), zone: Zone::Fixed(-360), border: Border::No, weight: 0 },
    Town { name: "Ciudad Juarez", country: "MX", region: "", lat: 31_690_000, lon: -106_420_000, locode: Some("MXCJS"), zone: Zone::Fixed(-360), border: Border::No, weight: 0 },
    Town { name: "Nuevo Laredo", country: "MX", region: "", lat: 27_480_000, lon: -99_510_000, locode: Some("MXNLD"), zone: Zone::Fixed(-360), border: Border::No, weight: 0 },
    Town { name: "Guatemala City", country: "GT", region: "", lat: 14_630_000, lon: -90_510_000, locode: Some("GTGUA"), zone: Zone::Fixed(-360), border: Border::No, weight: 0 },
    Town { name: "Tegucigalpa", country: "HN", region: "", lat: 14_070_000, lon: -87_190_000, locode: Some("HNTGU"), zone: Zone::Fixed(-360), border: Border::No, weight: 0 },
    Town { name: "Managua", country: "NI", region: "", lat: 12_110_000, lon: -86_240_000, locode: Some("NIMGA"), zone: Zone::Fixed(-360), border: Border::No, weight: 0 },
    Town { name: "Bogota", country: "CO", region: "", lat: 4_710_000, lon: -74_070_000, locode: Some("COBOG"), zone: Zone::Fixed(-300), border: Border::No, weight: 0 },
    Town { name: "Istanbul", country: "TR", region: "", lat: 41_010_000, lon: 28_980_000, locode: Some("TRIST"), zone: Zone::Fixed(180), border: Border::No, weight: 0 },
    Town { name: "Izmir", country: "TR", region: "", lat: 38_420_000, lon: 27_140_000, locode: Some("TRIZM"), zone: Zone::Fixed(180), border: Border::No, weight: 0 },
    Town { name: "Athens", country: "GR", region: "", lat: 37_980_000, lon: 23_730_000, locode: Some("GRATH"), zone: Zone::Fixed(120), border: Border::No, weight: 0 },
    Town { name: "Trieste", country: "IT", region: "", lat: 45_650_000, lon: 13_780_000, locode: Some("ITTRS"), zone: Zone::Fixed(60), border: Border::No, weight: 0 },
    Town { name: "London", country: "GB", region: "", lat: 51_510_000, lon: -130_000, locode: Some("GBLON"), zone: Zone::Fixed(0), border: Border::No, weight: 0 },
    Town { name: "Manila", country: "PH", region: "", lat: 14_600_000, lon: 120_980_000, locode: Some("PHMNL"), zone: Zone::Fixed(480), border: Border::No, weight: 0 },
    Town { name: "Cebu", country: "PH", region: "", lat: 10_320_000, lon: 123_890_000, locode: Some("PHCEB"), zone: Zone::Fixed(480), border: Border::No, weight: 0 },
    Town { name: "Phnom Penh", country: "KH", region: "", lat: 11_560_000, lon: 104_920_000, locode: Some("KHPNH"), zone: Zone::Fixed(420), border: Border::No, weight: 0 },
    Town { name: "Sihanoukville", country: "KH", region: "", lat: 10_630_000, lon: 103_500_000, locode: Some("KHKOS"), zone: Zone::Fixed(420), border: Border::No, weight: 0 },
    Town { name: "Mae Sot", country: "TH", region: "", lat: 16_710_000, lon: 98_570_000, locode: None, zone: Zone::Fixed(420), border: Border::No, weight: 0 },
    Town { name: "Dhaka", country: "BD", region: "", lat: 23_810_000, lon: 90_410_000, locode: Some("BDDAC"), zone: Zone::Fixed(360), border: Border::No, weight: 0 },
    Town { name: "Kathmandu", country: "NP", region: "", lat: 27_720_000, lon: 85_320_000, locode: Some("NPKTM"), zone: Zone::Fixed(345), border: Border::No, weight: 0 },
    Town { name: "Dubai", country: "AE", region: "", lat: 25_200_000, lon: 55_270_000, locode: Some("AEDXB"), zone: Zone::Fixed(240), border: Border::No, weight: 0 },
    Town { name: "Lagos", country: "NG", region: "", lat: 6_520_000, lon: 3_380_000, locode: Some("NGLOS"), zone: Zone::Fixed(60), border: Border::No, weight: 0 },
    Town { name: "Mumbai", country: "IN", region: "", lat: 19_080_000, lon: 72_880_000, locode: Some("INBOM"), zone: Zone::Fixed(330), border: Border::No, weight: 0 },
];

/// Towns abroad that the corridors of the catalogue name (section 3.2), by their numbers.
pub(crate) mod abroad {
    use super::TownId;

    pub(crate) const TAPACHULA: TownId = 42;
    pub(crate) const JUAREZ: TownId = 43;
    pub(crate) const NUEVO_LAREDO: TownId = 44;
    pub(crate) const GUATEMALA: TownId = 45;
    pub(crate) const TEGUCIGALPA: TownId = 46;
    pub(crate) const MANAGUA: TownId = 47;
    pub(crate) const BOGOTA: TownId = 48;
    pub(crate) const ISTANBUL: TownId = 49;
    pub(crate) const IZMIR: TownId = 50;
    pub(crate) const ATHENS: TownId = 51;
    pub(crate) const TRIESTE: TownId = 52;
    pub(crate) const LONDON: TownId = 53;
    pub(crate) const MANILA: TownId = 54;
    pub(crate) const CEBU: TownId = 55;
    pub(crate) const PHNOM_PENH: TownId = 56;
    pub(crate) const SIHANOUKVILLE: TownId = 57;
    pub(crate) const MAE_SOT: TownId = 58;
    pub(crate) const DHAKA: TownId = 59;
    pub(crate) const KATHMANDU: TownId = 60;
    pub(crate) const DUBAI: TownId = 61;
    pub(crate) const LAGOS: TownId = 62;
    pub(crate) const MUMBAI: TownId = 63;
}

impl Town {
    /// The town of a number.
    pub(crate) fn get(id: TownId) -> &'static Self {
        let [first, ..] = &TOWNS;
        let abroad = || ABROAD.get(usize::from(id).checked_sub(TOWNS.len())?);
        TOWNS.get(usize::from(id)).or_else(abroad).unwrap_or(first)
    }

    /// Whether it lies in another country than the bank.
    pub(crate) fn is_abroad(id: TownId) -> bool {
        usize::from(id) >= TOWNS.len()
    }

    /// ISO 3166-1 alpha-2.
    pub(crate) fn country(&self) -> &'static str {
        self.country
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Every number.
    pub(crate) fn all() -> impl Iterator<Item = TownId> {
        (0..).take(TOWNS.len())
    }

    /// A town for one more resident.
    pub(crate) fn draw(rng: &mut Rng) -> TownId {
        let total = TOWNS.iter().map(|town| u64::from(town.weight)).sum();
        let mut left = rng.below(total);
        for (id, town) in (0..).zip(&TOWNS) {
            let weight = u64::from(town.weight);
            if left < weight {
                return id;
            }
            left = left.saturating_sub(weight);
        }
        0
    }

    /// ISO 3166-2.
    pub(crate) fn region(&self) -> &'static str {
        self.region
    }

    /// Whether a border is within a few kilometers.
    pub(crate) fn at_border(&self) -> bool {
        self.border != Border::No
    }

    /// Whether border cases are planted here.
    pub(crate) fn for_border_cases(&self) -> bool {
        self.border == Border::Planted
    }

    /// Offset of local time from UTC.
    pub(crate) fn offset_minutes(&self, daylight_saving: bool) -> i16 {
        match (self.zone, daylight_saving) {
            (Zone::Eastern, true) => -240,
            (Zone::Eastern, false) | (Zone::Central, true) => -300,
            (Zone::Central, false) | (Zone::Mountain, true) => -360,
            (Zone::Mountain, false) | (Zone::Arizona, _) | (Zone::Pacific, true) => -420,
            (Zone::Pacific, false) => -480,
            (Zone::Fixed(minutes), _) => minutes,
        }
    }

    /// Kilometers to another town, rounded down.
    pub(crate) fn km_to(&self, other: &Self) -> i64 {
        let at = |town: &Self| (MicroDegrees(town.lat), MicroDegrees(town.lon));
        distance(at(self), at(other)).0 / 10
    }

    /// What a terminal, merchant or party record says: everything.
    pub(crate) fn place(&self) -> PlaceText<'static> {
        PlaceText {
            locode: self.locode.map(Cow::Borrowed),
            coordinates: Some((MicroDegrees(self.lat), MicroDegrees(self.lon))),
            ..self.residence()
        }
    }

    /// What the end of a payment says: country, region and town.
    pub(crate) fn residence(&self) -> PlaceText<'static> {
        PlaceText {
            country: Some(Cow::Borrowed(self.country)),
            region: (!self.region.is_empty()).then_some(Cow::Borrowed(self.region)),
            town: Some(Cow::Borrowed(self.name)),
            ..PlaceText::default()
        }
    }

    /// The owned form for a party.
    pub(crate) fn owned(&self) -> Place {
        self.place().to_place()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_are_distinct_and_fit_their_space() {
        let mut names: Vec<_> = TOWNS.iter().map(|town| (town.region, town.name)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TOWNS.len());
        assert!(TOWNS.len() + ABROAD.len() <= usize::try_from(TOWN_SPACE).unwrap());
        assert_eq!(usize::from(abroad::TAPACHULA), TOWNS.len());
        assert_eq!(Town::get(abroad::MUMBAI).name(), "Mumbai");
        assert_eq!(TOWNS.iter().filter(|town| town.at_border()).count(), 11);
    }

    #[test]
    fn distances_are_those_of_the_map() {
        // Laredo to Houston about 465 km, El Paso to Laredo about 815 km.
        assert!((455..480).contains(&Town::get(0).km_to(Town::get(11))));
        assert!((800..830).contains(&Town::get(0).km_to(Town::get(1))));
    }
}
