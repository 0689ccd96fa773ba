//! maro.
fn main() {}
