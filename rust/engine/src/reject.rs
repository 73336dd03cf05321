//! Why a record could not be charged: numbered codes, frozen once published.
//!
//! One reject per record. Of several reasons the one with the lowest code is reported: the numbers are the precedence,
//! in the order in which a record is understood (is it a record, whose is it, what does it cost, who shares it, was it
//! seen before).

/// Declares the codes once: constant, number and name.
macro_rules! codes {
    ($($(#[$doc:meta])* $constant:ident = $number:literal $name:literal;)*) => {
        /// The reason of a reject.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $constant = $number,)* }

        impl Code {
            /// Every code, by precedence.
            pub const ALL: &[Code] = &[$(Code::$constant,)*];

            /// The frozen name.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$constant => $name,)* }
            }
        }
    };
}

codes! {
    /// The mapping names an id column and this row has none.
    NullId = 101 "null_id";
    NullTime = 102 "null_time";
    /// Text that is no time, or a local time that daylight saving skips or repeats where the mapping refuses these.
    BadTime = 103 "bad_time";
    /// Before 1970, from 2100 on, or outside the compiled years of a calendar.
    OutsideCalendar = 104 "outside_calendar";
    NullKey = 105 "null_key";
    /// A key, id, source or attribute of more than 4,096 bytes.
    TooLong = 106 "too_long";
    BadNumber = 107 "bad_number";
    /// Non-zero decimals beyond the 12th.
    TooManyDecimals = 108 "too_many_decimals";
    UnknownKey = 201 "unknown_key";
    /// No plan of the key's subscriptions is in force at the record's time.
    NoPlan = 202 "no_plan";
    CurrencyMismatch = 203 "currency_mismatch";
    BadDestination = 204 "bad_destination";
    NoMatchingCharge = 205 "no_matching_charge";
    /// A look-up that found no row, or a null cell.
    NoPrice = 301 "no_price";
    NullQuantity = 302 "null_quantity";
    NegativeQuantity = 303 "negative_quantity";
    NullAmount = 304 "null_amount";
    NegativeAmount = 305 "negative_amount";
    NullDuration = 306 "null_duration";
    NegativeDuration = 307 "negative_duration";
    /// An amount or a counter with more than 38 digits.
    Overflow = 308 "overflow";
    OutsideTerritory = 401 "outside_territory";
    NoAgreement = 402 "no_agreement";
    UnknownParty = 403 "unknown_party";
    /// A look-up of a flow that found no row.
    NoShare = 404 "no_share";
    /// A remainder below zero.
    OverShared = 405 "over_shared";
    Duplicate = 501 "duplicate";
    /// The id of another record, with other content.
    Conflict = 502 "conflict";
}

impl Code {
    /// Whether a record may be rejected so because of where a counter stands.
    pub const fn may_be_of_counters(self) -> bool {
        matches!(self, Self::Overflow | Self::OverShared)
    }
}

impl Code {
    /// The frozen number.
    pub const fn number(self) -> u16 {
        self as u16
    }
}
