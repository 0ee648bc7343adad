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

export function createIntColumn(): IntColumn {
  return { values: new Int32Array(FIRST_CAPACITY), length: 0 };
}

export function createFloatColumn(): FloatColumn {
  return { values: new Float64Array(FIRST_CAPACITY), length: 0 };
}

export function pushInt(column: IntColumn, value: number): void {
  if (column.length === column.values.length) {
    const larger = new Int32Array(2 * column.length);
    larger.set(column.values);
    column.values = larger;
  }
  column.values[column.length++] = value;
}

export function pushFloat(column: FloatColumn, value: number): void {
  if (column.length === column.values.length) {
    const larger = new Float64Array(2 * column.length);
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
