//! A fixed choice among all tests.

use std::collections::BTreeMap;

/// Chooses among tests so that each group has its share: of a group of n tests the square
/// root of n, times `weight`, evenly spread, and at least one. So thousands of generated
/// tests do not crowd out the few that someone wrote by hand.
pub fn choose<'a>(names: impl IntoIterator<Item = &'a str>, weight: f64) -> Vec<&'a str> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        groups.entry(group(name)).or_default().push(name);
    }
    let mut chosen = Vec::new();
    for members in groups.values_mut() {
        members.sort_unstable();
        let share = (members.len() as f64).sqrt() * weight;
        let count = (share.round() as usize).clamp(1, members.len());
        // From the middle of each stretch: the first of a group is often its odd one.
        chosen.extend((0..count).map(|i| members[(2 * i + 1) * members.len() / (2 * count)]));
    }
    chosen.sort_unstable();
    chosen
}

/// A test's group: up to three parts of its name, and never the last, which is the test.
fn group(name: &str) -> String {
    let parts: Vec<&str> = name.split('@').collect();
    let count = (parts.len() - 1).clamp(1, 3);
    parts[..count].join("@")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_names_without_their_end() {
        assert_eq!(group("spec@a@b@c@d"), "spec@a@b");
        assert_eq!(group("spec@a@b"), "spec@a");
        assert_eq!(group("hiz@x"), "hiz");
        assert_eq!(group("alone"), "alone");
    }

    #[test]
    fn each_group_is_represented() {
        let names: Vec<String> = (0..100).map(|i| format!("spec@big@{i:02}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["spec@small@one", "spec@pair@x", "spec@pair@y"]);
        let chosen = choose(names.iter().copied(), 1.0);
        assert_eq!(chosen.len(), 10 + 1 + 1);
        assert_eq!(&chosen[..2], ["spec@big@05", "spec@big@15"]);
        assert_eq!(chosen, choose(names.iter().rev().copied(), 1.0));
        assert_eq!(choose(names.iter().copied(), 100.0).len(), names.len());
    }
}
