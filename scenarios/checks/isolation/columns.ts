/** Columns of numbers that grow: a history's reads and writes lie in these, not in an object each. */

export interface IntColumn {
  values: Int32Array;
  length: number;
}

export interface FloatColumn {
  values: Float64Array;
  length: number;
}

const FIRST_CAPACITY = 64;

/** `values`: room for what is expected; more is made when it is full. */
export function createIntColumn(values: Int32Array = new Int32Array(FIRST_CAPACITY)): IntColumn {
  return { values, length: 0 };
}

export function createFloatColumn(values: Float64Array = new Float64Array(FIRST_CAPACITY)): FloatColumn {
  return { values, length: 0 };
}

export function pushInt(column: IntColumn, value: number): void {
  if (column.length === column.values.length) {
    const larger = new Int32Array(2 * column.length + 1);
    larger.set(column.values);
    column.values = larger;
  }
  column.values[column.length++] = value;
}

export function pushFloat(column: FloatColumn, value: number): void {
  if (column.length === column.values.length) {
    const larger = new Float64Array(2 * column.length + 1);
    larger.set(column.values);
    column.values = larger;
  }
  column.values[column.length++] = value;
}

/** The values alone; the column must not grow afterwards. */
export function intsOf(column: IntColumn): Int32Array {
  return column.values.subarray(0, column.length);
}

export function floatsOf(column: FloatColumn): Float64Array {
  return column.values.subarray(0, column.length);
}
