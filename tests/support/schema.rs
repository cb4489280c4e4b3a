//! The schema of ISO 20022 for payment files, by which a bank's program judges them. A package of Python
//! brings it along (sepaxml); it is no part of the project.
//!
//! Where it is missing, its story is skipped and counted, unless `KWESTURA_REQUIRE_SCHEMA=1`.
//! `KWESTURA_TEST_PYTHON` names the Python to be used.

use super::{python, skipped};
use std::process::Command;

/// Reads a file; says what is wrong with it, and ends with 1 where something is.
const JUDGE: &str = "
import pathlib, sys, sepaxml, xmlschema
schema = pathlib.Path(sepaxml.__file__).parent / 'schemas' / 'pain.001.001.09.xsd'
wrong = list(xmlschema.XMLSchema(str(schema)).iter_errors(sys.argv[1]))
print('\\n'.join(f'{error.path}: {error.reason}' for error in wrong))
sys.exit(bool(wrong))
";

/// A Python that knows the schema.
pub struct Schema(String);

impl Schema {
    /// None where this machine has none.
    pub fn found() -> Option<Schema> {
        python::that_knows("sepaxml, xmlschema", &skipped::SCHEMA).map(Schema)
    }

    /// What is wrong with a text, by the paths of its elements; empty where nothing is.
    pub fn wrong(&self, xml: &str) -> String {
        let mut judge = Command::new(&self.0);
        let judged = judge.args(["-c", JUDGE, xml]).output().unwrap();
        let told = String::from_utf8([judged.stdout, judged.stderr].concat()).unwrap();
        assert_eq!(judged.status.success(), told.trim().is_empty(), "{told}");
        told.trim().to_owned()
    }
}
