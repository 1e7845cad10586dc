"""Tables as Parquet files, by pyarrow."""

from __future__ import annotations

import io

from .record import Record, check_size, check_unpacked, text_of

INDEX = "__index_level_0__"
"""The column in which pandas keeps the names of rows."""


def records(data: bytes, where: str) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of a Parquet file; the index of a pandas table is a column without a name.

    Raises:
        ImportError: pyarrow is not installed.
        ValueError: the file is not Parquet, or too large.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise ImportError(f"{where}: .parquet needs pyarrow: pip install 'genmarket_env[parquet]'") from None
    try:
        with parquet.ParquetFile(io.BytesIO(data)) as file:
            about = file.metadata
            check_size(about.num_rows, about.num_columns, where)
            check_unpacked(sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups)), where)
            table = file.read()
    except (ArrowException, OSError) as error:
        raise ValueError(f"{where}: not readable as Parquet ({type(error).__name__})") from None
    columns = ["" if name == INDEX else name for name in table.column_names]
    cells = [[text_of(value) for value in column.to_pylist()] for column in table.columns]
    return tuple(columns), [
        Record(f"{where}, row {i}", dict(zip(columns, row, strict=True)))
        for i, row in enumerate(zip(*cells, strict=True), 1)
    ]
