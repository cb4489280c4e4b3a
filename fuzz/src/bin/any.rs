//! A file of which nobody says what it is.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| -> libfuzzer_sys::Corpus { kwestura_fuzz::any(input) });
