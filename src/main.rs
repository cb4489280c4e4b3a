//! The binary: arguments and the clock are read here and handed on.

fn main() {}
