//! A sum of 64-bit numbers.

/// Has 96 bits, as additions to a counter that race for its limit can together
/// exceed 64, and must not be lost. As many numbers as the largest pipe can hold
/// (2²⁸) cannot exceed 96. (In 128 bits, a 32-bit machine would be busy with zeros.)
#[derive(Clone, Copy)]
pub(super) struct U96 {
    high: u32,
    low: u64,
}

impl U96 {
    pub(super) const ZERO: U96 = U96 { high: 0, low: 0 };

    pub(super) fn add(&mut self, n: u64) {
        let (low, carry) = self.low.overflowing_add(n);
        self.low = low;
        self.high = self.high.wrapping_add(carry.into());
    }

    /// The sum, if it is below 2⁶⁴, or as much of it as a number can be.
    pub(super) fn saturated(self) -> u64 {
        match self.high {
            0 => self.low,
            _ => u64::MAX,
        }
    }

    /// `n` is in it.
    pub(super) fn subtract(&mut self, n: u64) {
        let (low, borrow) = self.low.overflowing_sub(n);
        self.low = low;
        self.high = self.high.wrapping_sub(borrow.into());
    }
}

#[cfg(test)]
mod tests {
    use super::U96;

    #[test]
    fn agrees_with_128_bits() {
        let numbers = [0, 1, 1 << 32, u64::MAX - 1, u64::MAX, u64::MAX, 7];
        let (mut sum, mut expected) = (U96::ZERO, 0_u128);
        for n in numbers {
            sum.add(n);
            expected += u128::from(n);
            assert_eq!(sum.saturated(), u64::try_from(expected).unwrap_or(u64::MAX));
        }
        while expected > 0 {
            let n = sum.saturated();
            assert_eq!(n, u64::try_from(expected).unwrap_or(u64::MAX));
            sum.subtract(n);
            expected -= u128::from(n);
        }
        assert_eq!(sum.saturated(), 0);
    }
}
