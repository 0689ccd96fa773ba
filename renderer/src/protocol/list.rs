//! Arrays of fixed-size records, borrowed from a command's words.

use std::fmt;
use std::marker::PhantomData;

use super::ids::ObjectHandle;

/// Something that `N` words describe, whatever their values.
pub trait Record<const N: usize>: Sized {
    /// Reads the record.
    fn from_words(words: &[u32; N]) -> Self;
}

/// A borrowed array of records of `N` words each, read on access.
pub struct List<'a, T, const N: usize> {
    words: &'a [[u32; N]],
    record: PhantomData<fn() -> T>,
}

/// Handles of which any may be absent (a hole).
pub type Handles<'a> = List<'a, Option<ObjectHandle>, 1>;

impl<'a, T: Record<N>, const N: usize> List<'a, T, N> {
    /// The whole records in `words`; words left over are ignored.
    #[inline]
    pub const fn new(words: &'a [u32]) -> Self {
        Self {
            words: words.as_chunks().0,
            record: PhantomData,
        }
    }

    /// Number of records.
    #[inline]
    pub const fn len(&self) -> usize {
        self.words.len()
    }

    /// True if there is no record.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The record at `index`, if there is one.
    #[inline]
    pub fn get(&self, index: usize) -> Option<T> {
        self.words.get(index).map(T::from_words)
    }

    /// All records in order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + use<'a, T, N> {
        self.words.iter().map(T::from_words)
    }

    /// The first `count` records, or `None` if there are fewer.
    #[inline]
    pub fn first(&self, count: usize) -> Option<Self> {
        Some(Self {
            words: self.words.get(..count)?,
            record: PhantomData,
        })
    }

    /// The records as they came, for comparison with an earlier list.
    #[inline]
    pub const fn words(&self) -> &'a [[u32; N]] {
        self.words
    }
}

impl<T, const N: usize> Clone for List<'_, T, N> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const N: usize> Copy for List<'_, T, N> {}

impl<T, const N: usize> PartialEq for List<'_, T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

impl<T: Record<N> + fmt::Debug, const N: usize> fmt::Debug for List<'_, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_ragged_words_ignores_the_rest() {
        struct Pair(u32, u32);
        impl Record<2> for Pair {
            fn from_words(&[a, b]: &[u32; 2]) -> Self {
                Self(a, b)
            }
        }
        let list = List::<Pair, 2>::new(&[1, 2, 3, 4, 5]);
        assert_eq!(list.len(), 2);
        assert_eq!(list.iter().map(|p| p.0 * 10 + p.1).sum::<u32>(), 12 + 34);
        assert!(list.get(2).is_none());
        assert!(list.first(3).is_none());
        assert_eq!(list.first(1).map(|l| l.len()), Some(1));
    }

    #[test]
    fn handles_zero_is_none() {
        let handles = Handles::new(&[7, 0, 9]);
        let all: Vec<_> = handles.iter().collect();
        assert_eq!(all, [Some(ObjectHandle(7)), None, Some(ObjectHandle(9))]);
        assert_eq!(
            format!("{handles:?}"),
            "[Some(ObjectHandle(7)), None, Some(ObjectHandle(9))]"
        );
    }
}
