//! Places and distance, the same on every machine.
//!
//! Coordinates are read as decimals to micro-degrees, distances use the pure-Rust `libm` and are
//! rounded to tenths of a kilometer (DESIGN §11), so a rule that compares a distance decides
//! the same everywhere. This is the only floating-point arithmetic in the crate, and none of it
//! touches money.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Millionths of a degree of latitude or longitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MicroDegrees(pub i32);

/// Tenths of a kilometer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenthKm(pub i64);

/// A place as a record gives it, borrowed from its bytes. Every part may be missing. Where a person
/// is must not reach logs: `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct PlaceText<'a> {
    /// ISO 3166-1 alpha-2.
    pub country: Option<Cow<'a, str>>,
    /// ISO 3166-2 where one exists.
    pub region: Option<Cow<'a, str>>,
    /// Town.
    pub town: Option<Cow<'a, str>>,
    /// UN/LOCODE.
    pub locode: Option<Cow<'a, str>>,
    /// Latitude and longitude; present only together.
    pub coordinates: Option<(MicroDegrees, MicroDegrees)>,
}

impl PlaceText<'_> {
    /// Whether nothing at all is known.
    pub fn absent(&self) -> bool {
        *self == PlaceText::default()
    }

    /// The owned form.
    pub fn to_place(&self) -> Place {
        let own = |part: &Option<Cow<'_, str>>| part.as_deref().map(str::to_owned);
        Place {
            country: own(&self.country),
            region: own(&self.region),
            town: own(&self.town),
            locode: own(&self.locode),
            coordinates: self.coordinates,
        }
    }
}

/// A place, owned. Two records mean the same place when all parts are equal. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// ISO 3166-2 where one exists.
    pub region: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// UN/LOCODE.
    pub locode: Option<String>,
    /// Latitude and longitude.
    pub coordinates: Option<(MicroDegrees, MicroDegrees)>,
}

impl fmt::Debug for PlaceText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaceText").finish_non_exhaustive()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// Mean radius of the earth in kilometers (IUGG).
const EARTH_KM: f64 = 6371.0088;

/// Great-circle distance by the haversine formula, rounded to 0.1 km. About 60 ns.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "distance is the one physical quantity here; the result is at most 200,151 tenths"
)]
pub fn distance(a: (MicroDegrees, MicroDegrees), b: (MicroDegrees, MicroDegrees)) -> TenthKm {
    let radians = |d: MicroDegrees| f64::from(d.0) * (core::f64::consts::PI / 180_000_000.0);
    let (lat_a, lat_b) = (radians(a.0), radians(b.0));
    let half_lat = libm::sin((lat_b - lat_a) / 2.0);
    let half_lon = libm::sin((radians(b.1) - radians(a.1)) / 2.0);
    let h = half_lat * half_lat + libm::cos(lat_a) * libm::cos(lat_b) * half_lon * half_lon;
    let h = if h > 1.0 { 1.0 } else { h };
    let km = 2.0 * EARTH_KM * libm::asin(libm::sqrt(h));
    TenthKm(libm::round(km * 10.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_cities() {
        let place = |lat: i32, lon: i32| (MicroDegrees(lat), MicroDegrees(lon));
        let laredo = place(27_530_000, -99_490_000);
        let buffalo = place(42_890_000, -78_880_000);
        assert_eq!(distance(laredo, laredo), TenthKm(0));
        // 2,511 km by an independent great-circle calculator.
        assert!(
            (25_000..25_300).contains(&distance(laredo, buffalo).0),
            "{:?}",
            distance(laredo, buffalo)
        );
        assert_eq!(distance(laredo, buffalo), distance(buffalo, laredo));
        // Antipodes: half the circumference.
        assert_eq!(distance(place(0, 0), place(0, 180_000_000)), TenthKm(200_151));
    }
}
