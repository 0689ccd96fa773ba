//! The host memory that guests may use for their resources.

use std::cell::Cell;
use std::rc::Rc;

use maro_gpu::renderer::Error;

/// What is left to a renderer's guests.
#[derive(Clone)]
pub struct Budget {
    limit: u64,
    used: Rc<Cell<u64>>,
}

/// Memory that was taken from a [`Budget`]; given back when dropped.
pub struct Charge {
    bytes: u64,
    used: Option<Rc<Cell<u64>>>,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            used: Rc::new(Cell::new(0)),
        }
    }

    /// Takes `bytes`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if that is more than is left.
    pub fn charge(&self, bytes: u64) -> Result<Charge, Error> {
        let used = self.used.get();
        let after = used.checked_add(bytes).filter(|after| *after <= self.limit);
        let Some(after) = after else {
            return Err(Error::OutOfMemory(format!(
                "{bytes} bytes asked, {used} of {} in use; --gpu-memory sets the limit",
                self.limit
            )));
        };
        self.used.set(after);
        Ok(Charge {
            bytes,
            used: Some(Rc::clone(&self.used)),
        })
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// Bytes that may be in use.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}

impl Charge {
    /// For what takes no memory.
    pub fn none() -> Self {
        Self {
            bytes: 0,
            used: None,
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(used) = &self.used {
            used.set(used.get().saturating_sub(self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charge_beyond_the_limit_is_refused_and_drop_gives_back() {
        let budget = Budget::new(100);
        let first = budget.charge(60).unwrap();
        assert!(matches!(budget.charge(41), Err(Error::OutOfMemory(_))));
        assert!(matches!(
            budget.charge(u64::MAX),
            Err(Error::OutOfMemory(_))
        ));
        drop(first);
        assert_eq!(budget.used(), 0);
        assert!(budget.charge(100).is_ok());
    }
}
