//! Conditions on the attributes of a record, and where an attribute's text comes from.

use partita_money::Dec;

use crate::catalog::Test as TestTerms;

/// Where a name in a condition or a look-up leads: to what is known of every record, or to an input column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Service,
    Zone,
    Band,
    Plan,
    Account,
    Subscription,
    Territory,
    Currency,
    /// An index into the catalog's attributes.
    Attribute(usize),
}

impl Source {
    /// A reserved name; none if it is a record's attribute.
    pub fn reserved(name: &str) -> Option<Self> {
        Some(match name {
            "service" => Self::Service,
            "zone" => Self::Zone,
            "band" => Self::Band,
            "plan" => Self::Plan,
            "account" => Self::Account,
            "subscription" => Self::Subscription,
            "territory" => Self::Territory,
            "currency" => Self::Currency,
            _ => return None,
        })
    }
}

/// A compiled test of one text.
#[derive(Debug, Clone, Default)]
pub struct Test {
    equals: Option<Vec<String>>,
    prefixes: Option<Vec<String>>,
    above: Option<Dec>,
    at_least: Option<Dec>,
    below: Option<Dec>,
    up_to: Option<Dec>,
    null: Option<bool>,
}

impl Test {
    /// Compiles a test; the error is the text that is no number.
    pub fn new(terms: &TestTerms) -> Result<Self, String> {
        let number = |text: &Option<String>| -> Result<Option<Dec>, String> {
            text.as_ref().map(|text| Dec::parse(text).map_err(|error| error.to_string())).transpose()
        };
        let sorted = |texts: &Option<Vec<String>>| {
            let mut texts = texts.clone();
            if let Some(texts) = &mut texts {
                texts.sort_unstable();
            }
            texts
        };
        Ok(Self {
            equals: sorted(&terms.equals),
            prefixes: terms.prefix.clone(),
            above: number(&terms.above)?,
            at_least: number(&terms.at_least)?,
            below: number(&terms.below)?,
            up_to: number(&terms.up_to)?,
            null: terms.null,
        })
    }

    /// The values it allows, if it does nothing but list them.
    pub fn only_equals(&self) -> Option<&[String]> {
        let others = self.prefixes.is_some() || self.has_range() || self.null.is_some();
        if others { None } else { self.equals.as_deref() }
    }

    fn is_only_null(&self) -> bool {
        self.equals.is_none() && self.prefixes.is_none() && !self.has_range()
    }

    fn has_range(&self) -> bool {
        [self.above, self.at_least, self.below, self.up_to].iter().any(Option::is_some)
    }

    /// Whether a text fits. A null fits only `null: true`.
    pub fn fits(&self, text: Option<&str>) -> bool {
        let Some(text) = text else { return self.null == Some(true) && self.is_only_null() };
        self.null != Some(true)
            && self.equals.as_ref().is_none_or(|all| all.binary_search_by(|value| value.as_str().cmp(text)).is_ok())
            && self.prefixes.as_ref().is_none_or(|all| all.iter().any(|prefix| text.starts_with(prefix.as_str())))
            && (!self.has_range() || Dec::parse(text).is_ok_and(|number| self.in_range(number)))
    }

    fn in_range(&self, number: Dec) -> bool {
        self.above.is_none_or(|bound| number > bound)
            && self.at_least.is_none_or(|bound| number >= bound)
            && self.below.is_none_or(|bound| number < bound)
            && self.up_to.is_none_or(|bound| number <= bound)
    }
}

/// What conditions, look-ups and roles read of a record.
pub trait Attributes {
    /// The text of a source; none when it is null or absent.
    fn text(&self, source: Source) -> Option<&str>;
}

/// A compiled conjunction: every test must fit.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    pub tests: Vec<(Source, Test)>,
}

impl Condition {
    /// Whether a record fits.
    #[inline]
    pub fn fits(&self, record: &impl Attributes) -> bool {
        self.tests.iter().all(|(source, test)| test.fits(record.text(*source)))
    }
}
