//! A sum of 64-bit numbers.

/// A sum of 96 bits. Additions to a counter that run at the same time near its limit can
/// together exceed 64 bits, and must not be lost. As many numbers as the largest pipe can
/// hold (2²⁸) fit into 96 bits. (128 bits would cost a 32-bit machine more instructions.)
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

    /// Returns the sum if it is below 2⁶⁴, else `u64::MAX`.
    pub(super) fn saturated(self) -> u64 {
        match self.high {
            0 => self.low,
            _ => u64::MAX,
        }
    }

    /// Subtracts `n`, which is not larger than the sum.
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
