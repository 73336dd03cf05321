//! A batch as an `ArrowArray` of the C data interface, its columns and their dictionaries in one piece of memory.
//!
//! Arrow's own export makes a handful of allocations for every column and dictionary. A service that rates each event
//! as it happens reads a line of twenty-four columns at a time, and would wait for them longer than for its price.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::{DataType, TimeUnit};

/// Pointers of a column at most: nulls, and one or two buffers.
const MOST: usize = 3;

/// What an exported batch points to.
struct Block {
    /// Whose buffers they are.
    _batch: RecordBatch,
    /// Columns, then their dictionaries. Consumers write to them, so they are reached by pointers alone.
    nodes: *mut FFI_ArrowArray,
    count: usize,
    children: Vec<*mut FFI_ArrowArray>,
    buffers: Vec<[*const c_void; MOST]>,
}

// SAFETY: who holds the block only counts; nodes are written by the one consumer that has them.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

/// The buffers of a column after its nulls, and its dictionary.
type Parts<'a> = ([Option<&'a Buffer>; MOST - 1], Option<&'a ArrayRef>);

/// A batch, for a consumer that knows its schema.
pub(crate) fn export(batch: &RecordBatch) -> FFI_ArrowArray {
    in_one_piece(batch).unwrap_or_else(|| FFI_ArrowArray::new(&StructArray::from(batch.clone()).into_data()))
}

/// None for a column of another layout than those below.
fn in_one_piece(batch: &RecordBatch) -> Option<FFI_ArrowArray> {
    let columns = batch.columns();
    let parts = columns.iter().map(|column| parts(column)).collect::<Option<Vec<_>>>()?;
    let dictionaries: Vec<&ArrayRef> = parts.iter().filter_map(|(_, dictionary)| *dictionary).collect();
    let all = parts.len() + dictionaries.len();
    let (mut nodes, mut buffers) = (Vec::with_capacity(all), Vec::with_capacity(all + 1));
    for (column, (values, _)) in columns.iter().zip(&parts) {
        nodes.push(node(column, *values, &mut buffers)?);
    }
    for dictionary in &dictionaries {
        let (values, None) = self::parts(dictionary)? else { return None };
        nodes.push(node(dictionary, values, &mut buffers)?);
    }
    // The batch itself has no nulls, which is its only buffer.
    buffers.push([std::ptr::null(); MOST]);
    let mut root = FFI_ArrowArray::empty();
    (root.length, root.n_buffers) = (i64::try_from(batch.num_rows()).ok()?, 1);
    root.n_children = i64::try_from(parts.len()).ok()?;
    let nodes = Box::into_raw(nodes.into_boxed_slice()).cast::<FFI_ArrowArray>();
    // SAFETY: as many nodes as that were just made, one after the other.
    let at = |place: usize| unsafe { nodes.add(place) };
    let children = (0..parts.len()).map(at).collect();
    let block = Arc::new(Block { _batch: batch.clone(), nodes, count: all, children, buffers });
    let with_dictionary = (0..parts.len()).filter(|&place| parts[place].1.is_some());
    for (place, dictionary) in with_dictionary.zip(parts.len()..) {
        // SAFETY: nobody else knows of the nodes yet.
        unsafe { (*at(place)).dictionary = at(dictionary) };
    }
    for (place, buffers) in block.buffers.iter().take(all).enumerate() {
        // SAFETY: as above; `release` gives back the count of the block that each node takes.
        unsafe { own(&mut *at(place), buffers, &block) };
    }
    root.children = block.children.as_ptr().cast_mut();
    own(&mut root, &block.buffers[all], &block);
    Some(root)
}

/// What a column points to; none for a layout that no table of the core has.
fn parts(column: &ArrayRef) -> Option<Parts<'_>> {
    let values = match column.data_type() {
        DataType::Int32 => column.as_primitive::<Int32Type>().values().inner(),
        DataType::Int64 => column.as_primitive::<Int64Type>().values().inner(),
        DataType::Date32 => column.as_primitive::<Date32Type>().values().inner(),
        DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().values().inner(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            column.as_primitive::<TimestampMicrosecondType>().values().inner()
        }
        DataType::FixedSizeBinary(_) => column.as_fixed_size_binary().values(),
        DataType::Utf8 => {
            let text = column.as_string::<i32>();
            return Some(([Some(text.offsets().inner().inner()), Some(text.values())], None));
        }
        DataType::Dictionary(..) => {
            let dictionary = column.as_dictionary_opt::<Int32Type>()?;
            return Some(([Some(dictionary.keys().values().inner()), None], Some(dictionary.values())));
        }
        _ => return None,
    };
    Some(([Some(values), None], None))
}

/// A column whose buffers are added to those of all; none if its nulls begin elsewhere than its values.
fn node(
    column: &ArrayRef,
    values: [Option<&Buffer>; MOST - 1],
    buffers: &mut Vec<[*const c_void; MOST]>,
) -> Option<FFI_ArrowArray> {
    let nulls = column.nulls();
    if nulls.is_some_and(|nulls| nulls.offset() != 0) {
        return None;
    }
    let all = [nulls.map(NullBuffer::buffer), values[0], values[1]];
    buffers.push(all.map(|buffer| buffer.map_or(std::ptr::null(), |buffer| buffer.as_ptr().cast())));
    let mut node = FFI_ArrowArray::empty();
    node.length = i64::try_from(column.len()).ok()?;
    node.null_count = i64::try_from(column.null_count()).ok()?;
    node.n_buffers = 1 + i64::from(values[0].is_some()) + i64::from(values[1].is_some());
    Some(node)
}

/// Makes an array one of those that keep the block.
fn own(array: &mut FFI_ArrowArray, buffers: &[*const c_void; MOST], block: &Arc<Block>) {
    array.buffers = buffers.as_ptr().cast_mut();
    array.release = Some(release);
    array.private_data = Arc::into_raw(Arc::clone(block)).cast_mut().cast();
}

/// Releases an array with all below it that nobody has taken away.
unsafe extern "C" fn release(array: *mut FFI_ArrowArray) {
    // SAFETY: the consumer calls this once for an array that `own` made, and the block outlives it.
    unsafe {
        let array = &mut *array;
        for child in 0..usize::try_from(array.n_children).unwrap_or(0) {
            drop(FFI_ArrowArray::from_raw(*array.children.add(child)));
        }
        if !array.dictionary.is_null() {
            drop(FFI_ArrowArray::from_raw(array.dictionary));
        }
        let block = std::mem::replace(&mut array.private_data, null_mut());
        array.release = None;
        drop(Arc::from_raw(block.cast::<Block>()));
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: made of a box of that many in `in_one_piece`; all of them are released, for each kept the block.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.nodes, self.count)) });
    }
}
