//! An archive, or files that are packed into one and damaged.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| -> libfuzzer_sys::Corpus {
    kwestura_fuzz::packed(input)
});
