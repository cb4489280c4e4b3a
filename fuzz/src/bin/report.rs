//! A report of mass payments, by the layout that its last byte names.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| -> libfuzzer_sys::Corpus {
    kwestura_fuzz::report(input)
});
