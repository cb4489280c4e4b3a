//! camt, in the profile of every bank.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| -> libfuzzer_sys::Corpus { kwestura_fuzz::camt(input) });
