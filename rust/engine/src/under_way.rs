//! Loops over scattered places as pipelines: what a step needs is asked for some steps before, so that memory is not
//! waited for. First what leads to a place, then the place itself.

/// Steps between one that asks for memory and the one that needs it: long enough for memory to answer, and few enough
/// that the nearest cache keeps what came.
pub const AHEAD: usize = 8;
/// Enough for all that have not arrived, and a power of two.
const ROOM: usize = 4 * AHEAD;

/// Things on their way, of which one sets out, one is half way and one arrives at each step.
#[derive(Debug)]
pub struct UnderWay<T> {
    all: [Option<T>; ROOM],
    step: usize,
}

impl<T: Copy> UnderWay<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { all: [None; ROOM], step: 0 }
    }

    /// A thing for each step, and then none for as many steps as the last one is under way.
    pub fn steps<S>(things: impl Iterator<Item = S>) -> impl Iterator<Item = Option<S>> {
        things.map(Some).chain(std::iter::repeat_with(|| None).take(2 * AHEAD))
    }

    /// Begins a step: with a thing that sets out, if there is one.
    #[inline]
    pub fn set_out(&mut self, thing: Option<T>) {
        self.all[self.step % ROOM] = thing;
    }

    /// The thing that is half way.
    #[inline]
    pub fn half_way(&self) -> Option<&T> {
        self.all[self.step.wrapping_sub(AHEAD) % ROOM].as_ref()
    }

    /// Ends a step, with the thing that has arrived.
    #[inline]
    pub fn arrived(&mut self) -> Option<T> {
        let thing = self.all[self.step.wrapping_sub(2 * AHEAD) % ROOM].take();
        self.step += 1;
        thing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_things_pass_half_way_and_arrive_in_their_order() {
        for count in [0, 1, AHEAD, 2 * AHEAD, ROOM - 1, ROOM, 3 * ROOM + 5] {
            let (mut under_way, mut half_way, mut arrived) = (UnderWay::new(), Vec::new(), Vec::new());
            for thing in UnderWay::<usize>::steps(0..count) {
                under_way.set_out(thing.filter(|thing| thing % 3 != 1));
                half_way.extend(under_way.half_way().copied());
                arrived.extend(under_way.arrived());
            }
            let expected: Vec<usize> = (0..count).filter(|thing| thing % 3 != 1).collect();
            assert_eq!((half_way, arrived), (expected.clone(), expected));
        }
    }
}
