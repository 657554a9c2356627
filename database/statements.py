"""Queries that are written with the ORM and composed once, for the way that every message takes.

Django composes the SQL of a query anew each time it is made, and takes five times as long for that as SQLite takes to
answer. A statement keeps the SQL, and how rows become objects, and puts the values in.

    KEY = Select(lambda user, origin: ApiKey.objects.filter(user=user, origin=origin))
    KEY.first(user=7, origin="https://api.example.com")

Values in the conditions of a query go to the database as they are given: numbers, texts and days.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery

M = TypeVar("M", bound=models.Model)


class Select(Generic[M]):
    """The rows of a query, as objects with what it selects beside them; nothing is prefetched."""

    def __init__(self, build: "Callable[..., models.QuerySet[M]]") -> None:
        """`build` makes the query; its parameters are the names of the values."""
        self._build = build
        # By vendor: SQL differs.
        self._composed: dict[str, tuple[_Text, _Rows[M]]] = {}

    def all(self, **values: Any) -> list[M]:
        database = _database()
        text, rows = self._composed.get(database.vendor) or self._compose(database)
        with database.cursor() as cursor:
            cursor.execute(text.sql, text.bound(values, database))
            return list(rows.objects(cursor.fetchall(), database))

    def first(self, **values: Any) -> M | None:
        """The first row. A query that may find many has to have a limit of its own."""
        return next(iter(self.all(**values)), None)

    def _compose(self, database: Any) -> "tuple[_Text, _Rows[M]]":
        compiler = _query(self._build, database)
        # The rows are known to the compiler once it has written the text.
        composed = _Text(*compiler.as_sql()), _Rows[M](compiler, database)
        self._composed[database.vendor] = composed
        return composed


class Values:
    """The rows of a query of `values_list`, as the database gives them: nothing is converted."""

    def __init__(self, build: "Callable[..., models.QuerySet[Any, Any]]") -> None:
        """`build` makes the query; its parameters are the names of the values."""
        self._build = build
        self._composed: dict[str, _Text] = {}

    def all(self, **values: Any) -> list[tuple[Any, ...]]:
        database = _database()
        text = self._composed.get(database.vendor) or self._compose(database)
        with database.cursor() as cursor:
            cursor.execute(text.sql, text.bound(values, database))
            return list(cursor.fetchall())

    def _compose(self, database: Any) -> "_Text":
        self._composed[database.vendor] = text = _Text(*_query(self._build, database).as_sql())
        return text


class Update:
    """Columns of the rows that a query finds: some that are always set the same way, and some that are given."""

    def __init__(self, build: "Callable[..., tuple[models.QuerySet[Any], dict[str, Any]]]") -> None:
        """`build` makes the query, and what is always set in its rows; its parameters are the names of the values."""
        self._build = build
        # By vendor and the names of the columns that are given.
        self._composed: dict[tuple[str, ...], _Text] = {}

    def run(self, columns: Mapping[str, Any] | None = None, **values: Any) -> int:
        """How many rows there were. `columns` are values of further fields, by their names."""
        database, given = _database(), columns or {}
        text = self._composed.get((database.vendor, *given)) or self._compose(database, tuple(given))
        return _changed(database, text.sql, text.bound(values, database, given))

    def _compose(self, database: Any, names: tuple[str, ...]) -> "_Text":
        rows, always = self._build(**_slots(self._build))
        fields = {name: rows.model._meta.get_field(name) for name in names}
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(always | {name: _slot(name, field) for name, field in fields.items()})
        text = _Text(*query.get_compiler(connection=database).as_sql())
        self._composed[database.vendor, *names] = text
        return text


def insert(row: M) -> M:
    """Store this new object, and give it its number: `save`, without the signals, which nobody listens to.

    Fields with a `db_default` are left to the database, and come back as it filled them in.
    """
    database = _database()
    sql, columns, made = _inserts.get((database.vendor, type(row))) or _compose_insert(database, row)
    with database.cursor() as cursor:
        cursor.execute(sql, [column.value(row, database) for column in columns])
        made.fill(row, cursor.fetchone(), database)
    row._state.adding = False
    row._state.db = database.alias
    return row


def update(row: models.Model, *names: str) -> None:
    """Store these fields of the object: `save(update_fields=…)`, without the signals."""
    fields: dict[str, Any] = {name: row._meta.get_field(name) for name in names}
    _update_of(type(row)).run({name: field.pre_save(row, False) for name, field in fields.items()}, number=row.pk)


@cache
def _update_of(model: type[models.Model]) -> Update:
    return Update(lambda number: (model._base_manager.filter(pk=number), {}))


class _Column:
    """A column of a new row. Most of a new row is what it always begins as, and that is prepared once."""

    def __init__(self, field: Any, database: Any) -> None:
        self._field, self._name = field, field.attname
        # What a callable gives is another object each time, and some fields have a say when they are stored.
        is_made_anew = field.has_default() and callable(field.default)
        is_plain = not is_made_anew and type(field).pre_save is models.Field.pre_save
        self._beginning = field.get_default() if is_plain else object()
        self._prepared = field.get_db_prep_save(self._beginning, database) if is_plain else None

    def value(self, row: models.Model, database: Any) -> Any:
        if getattr(row, self._name) is self._beginning:
            return self._prepared
        return self._field.get_db_prep_save(self._field.pre_save(row, True), database)


class _Made:
    """The columns of a new row that the database fills in."""

    def __init__(self, fields: Sequence[Any], compiler: Any) -> None:
        self._names = [field.attname for field in fields]
        self._converters = compiler.get_converters([field.cached_col for field in fields])

    def fill(self, row: models.Model, found: Sequence[Any], database: Any) -> None:
        for name, value in zip(self._names, _converted(found, self._converters, database), strict=True):
            setattr(row, name, value)


# What stores a row of a model, its columns in their order, and those that come back; by vendor and model.
_inserts: dict[tuple[str, type[models.Model]], tuple[str, list[_Column], _Made]] = {}


def _compose_insert(database: Any, row: models.Model) -> tuple[str, list[_Column], _Made]:
    made = [field for field in row._meta.local_concrete_fields if field.primary_key or field.has_db_default()]
    given = [field for field in row._meta.local_concrete_fields if field not in made]
    query = InsertQuery(type(row))
    query.insert_values(given, [row])
    compiler: Any = query.get_compiler(connection=database)
    compiler.returning_fields = made
    ((sql, _),) = compiler.as_sql()
    composed = sql, [_Column(field, database) for field in given], _Made(made, compiler)
    _inserts[database.vendor, type(row)] = composed
    return composed


@dataclass(frozen=True, slots=True)
class _Slot:
    """Stands among the parameters of a statement for the value that will be given under this name.

    With a field it is the new value of that column, and the field knows how it is stored.
    """

    name: str
    field: Any = None


@dataclass(frozen=True, slots=True)
class _Text:
    """SQL with its parameters, some of which are slots."""

    sql: str
    parameters: Sequence[Any]

    def bound(self, values: Mapping[str, Any], database: Any, columns: Mapping[str, Any] | None = None) -> list[Any]:
        """The parameters with these values in the slots: of the conditions, and of the columns that are set."""
        bound = []
        for one in self.parameters:
            if not isinstance(one, _Slot):
                bound.append(one)
            elif one.field and columns is not None:
                bound.append(one.field.get_db_prep_save(columns[one.name], database))
            else:
                bound.append(values[one.name])
        return bound


class _Rows(Generic[M]):
    """How the rows of a query become objects. What Django's own iterator finds out at each query is kept here."""

    def __init__(self, compiler: Any, database: Any) -> None:
        info, select = compiler.klass_info, compiler.select
        begin, end = info["select_fields"][0], info["select_fields"][-1] + 1
        self._model: type[M] = info["model"]
        self._own = slice(begin, end)
        self._names = [column.target.attname for column, _, _ in select[self._own]]
        self._related = get_related_populators(info, select, database.alias)  # type: ignore[call-arg]
        self._converters = compiler.get_converters([column for column, _, _ in select])

    def objects(self, rows: Sequence[Sequence[Any]], database: Any) -> Iterator[M]:
        for found in rows:
            row = _converted(found, self._converters, database)
            item = self._model.from_db(database.alias, self._names, row[self._own])
            for related in self._related:
                related.populate(row, item)
            yield item


def _database() -> Any:
    """This thread's connection itself: Django's stand-in for it looks for it again at each question."""
    return connections[DEFAULT_DB_ALIAS]


def _query(build: Callable[..., Any], database: Any) -> Any:
    return build(**_slots(build)).query.get_compiler(connection=database)


def _slots(build: Callable[..., Any]) -> dict[str, RawSQL]:
    return {name: _slot(name) for name in inspect.signature(build).parameters}


def _converted(found: Sequence[Any], converters: Mapping[int, Any], database: Any) -> list[Any]:
    """A row with what the database has no type for (on SQLite: times, booleans) as Python knows it."""
    row = list(found)
    for place, (steps, expression) in converters.items():
        for convert in steps:
            row[place] = convert(row[place], expression, database)
    return row


def _slot(name: str, field: Any = None) -> RawSQL:
    return RawSQL("%s", (_Slot(name, field),))


def _changed(database: Any, sql: str, parameters: Sequence[Any]) -> int:
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
