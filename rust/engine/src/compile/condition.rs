//! Conditions: what the terms ask of records, as tests of small codes.

use super::Compiler;
use crate::catalog;
use crate::condition::{Condition, Source, Test};

impl Compiler<'_> {
    /// A reserved name, or an attribute of the record.
    pub(super) fn source(&mut self, name: &str) -> Source {
        Source::reserved(name).unwrap_or_else(|| Source::Attribute(self.attributes.intern(name) as usize))
    }

    pub(super) fn test(&mut self, path: &str, terms: &catalog::Test) -> Test {
        Test::new(terms).unwrap_or_else(|message| {
            self.problem(path, message);
            Test::default()
        })
    }

    /// A whole `when` as one conjunction.
    pub(super) fn condition(&mut self, path: &str, when: &catalog::When) -> Condition {
        let fixed = [(Source::Service, &when.service), (Source::Zone, &when.zone), (Source::Band, &when.band)];
        let mut tests = Vec::new();
        for (source, test) in fixed {
            if let Some(test) = test {
                tests.push((source, self.test(path, test)));
            }
        }
        for (name, test) in &when.attributes {
            tests.push((self.source(name), self.test(path, test)));
        }
        Condition { tests }
    }
}
