//! Figures in columns, for a terminal.

/// Rows below a head, with columns as wide as they need be: the first from the left, the others from the right, the
/// last as it comes. A column in which there is nothing is left out.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let is_used = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    let used = |row: Vec<String>| -> Vec<String> {
        (0..).zip(row).filter(|(column, _)| *column == 0 || is_used(*column)).map(|(_, cell)| cell).collect()
    };
    let head: Vec<String> = head.iter().copied().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().cloned()).map(used).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            column if column + 1 == columns => cell.clone(),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let head = ["what", "p50", "empty", "cost"];
        let lines = table(&head, &[row(["a", "1.24 ms", "", "5 µs"]), row(["b", "9 µs", "", ""])]);
        assert_eq!(lines, ["what      p50  cost", "a     1.24 ms  5 µs", "b        9 µs"]);
        assert_eq!(table(&head, &[]), ["what"]);
    }
}
