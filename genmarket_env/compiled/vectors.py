"""What loops over the rows of a large array need and numba does not say: to fetch ahead, and vectors of doubles.

Each row of a large array is a page or more, at whose start the processor does not know what to fetch next; a loop that
ends one row before it looks at the next waits there. `fetch_ahead` asks for a cache line of a row that comes later.

The others are loops of `compiled.users` which the compiler does not turn into vectors by itself: `add_worths` adds up
for `LANES` models what users are worth, who are worth `whole * score` to a model above `bar`, `part * score` to one
equal to it, nothing to one below; `between` looks at `LOOKED` models; `rank_deployed` ranks for `RANKED` users.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
"""So many models are added up at once."""

LOOKED = 64
"""At so many models is looked at once."""

RANKED = 16
"""So many users are ranked at once."""

LINE = 64
"""Bytes of a cache line."""

BEST, TIED, WINNER, SECOND, RIVALS, RUNNER, TERMS = range(7)
"""The rows of what `rank_deployed` tells, and how many they are."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_READ, _KEEP, _DATA = 0, 3, 1
"""What `llvm.prefetch` is told: to read, into every cache, data."""


@intrinsic
def fetch_ahead(typing_context, array, row, column):
    """Ask for the cache line of one number of an array."""

    def build(context, builder, signature, args):
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(_place(context, builder, signature, args, 0, args[1:]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(ask, [place, *(number(flag) for flag in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), build


@intrinsic
def add_worths(typing_context, out, i, scores, u, j, bars, wholes, parts):
    """Add to `out[i, j:j + LANES]` what the users from `u` on are worth, as many as there are bars, one for each."""

    def build(context, builder, signature, args):
        found = _load(context, builder, signature, args, 0, args[1], args[4])
        for n in range(signature.args[5].count):
            user = builder.add(args[3], ir.Constant(args[3].type, n))
            score = _load(context, builder, signature, args, 2, user, args[4])
            worth = _worth(builder, score, [builder.extract_value(values, n) for values in args[5:]])
            found = builder.fadd(found, builder.fmul(worth, score))
        _store(context, builder, signature, args, 0, args[1], args[4], found)
        return context.get_dummy_value()

    return types.void(out, types.intp, scores, types.intp, types.intp, bars, wholes, parts), build


@intrinsic
def between(typing_context, scores, u, j, low, high):
    """Which of the models from `j` on, `LOOKED` of them, score at least `low` and at most `high`: bits of a uint64."""

    def build(context, builder, signature, args):
        row = ir.VectorType(ir.FloatType(), LOOKED)
        score = _load(context, builder, signature, args, 0, args[1], args[2], row)
        low, high = (_spread(builder, builder.fptrunc(bar, ir.FloatType()), row) for bar in args[3:])
        inside = builder.and_(builder.fcmp_ordered(">=", score, low), builder.fcmp_ordered("<=", score, high))
        return builder.bitcast(inside, ir.IntType(LOOKED))

    return types.uint64(scores, types.intp, types.intp, types.float64, types.float64), build


@intrinsic
def first_bit(typing_context, bits):
    """The number of the lowest bit that is set; 64 if none is."""

    def build(context, builder, signature, args):
        return builder.cttz(args[0], ir.IntType(1)(0))

    return types.int64(types.uint64), build


@intrinsic
def count_bits(typing_context, bits):
    """How many bits are set."""

    def build(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), build


@intrinsic
def rank_deployed(typing_context, deployed, terms):
    """Rank the columns of `deployed` `(platforms, RANKED)`, float32, each of which is a user.

    Writes to `terms` `(TERMS, RANKED)`, float32: the best score, how many tie for it and the last of these, the second,
    -inf if there is none, how many tie for that and one of these.
    """

    def build(context, builder, signature, args):
        row = ir.VectorType(ir.FloatType(), RANKED)

        def of(value):
            return ir.Constant(row, [value] * RANKED)

        def place(which, at):
            start = ir.Constant(at.type, 0)
            found = _place(context, builder, signature, args, which, (at, start))
            return builder.bitcast(found, row.as_pointer())

        nothing = float("-inf")
        kept = [cgutils.alloca_once_value(builder, of(start)) for start in (nothing, 0.0, 0.0, nothing, 0.0, 0.0)]
        array = context.make_array(signature.args[0])(context, builder, args[0])
        with cgutils.for_range(builder, builder.extract_value(array.shape, 0)) as loop:
            score = builder.load(place(0, loop.index), align=4)
            platform = _spread(builder, builder.sitofp(loop.index, ir.FloatType()), row)
            best, tied, winner, second, rivals, runner = (builder.load(value) for value in kept)
            above, level = (builder.fcmp_ordered(sign, score, best) for sign in (">", "=="))
            beyond, beside = (builder.fcmp_ordered(sign, score, second) for sign in (">", "=="))
            pick = builder.select
            rival = pick(beyond, of(1.0), pick(beside, builder.fadd(rivals, of(1.0)), rivals))
            now = (
                pick(above, score, best),
                pick(above, of(1.0), pick(level, builder.fadd(tied, of(1.0)), tied)),
                pick(builder.or_(above, level), platform, winner),
                pick(above, best, pick(level, second, pick(beyond, score, second))),
                pick(above, tied, pick(level, rivals, rival)),
                pick(above, winner, pick(builder.and_(beyond, builder.not_(level)), platform, runner)),
            )
            for value, found in zip(kept, now, strict=True):
                builder.store(found, value)
        for which, value in enumerate(kept):
            builder.store(builder.load(value), place(1, context.get_constant(types.intp, which)), align=4)
        return context.get_dummy_value()

    return types.void(deployed, terms), build


def _worth(builder, score, terms):
    bar, whole, part = (_spread(builder, term) for term in terms)
    at_bar = builder.select(builder.fcmp_ordered(">=", score, bar), part, ir.Constant(_VECTOR, [0.0] * LANES))
    return builder.select(builder.fcmp_ordered(">", score, bar), whole, at_bar)


def _place(context, builder, signature, args, which, at):
    array = context.make_array(signature.args[which])(context, builder, args[which])
    return cgutils.get_item_pointer(context, builder, signature.args[which], array, at)


def _load(context, builder, signature, args, which, row, column, kind=_VECTOR):
    """Numbers of an array from one place on, in a vector of floats or doubles, which hold them exactly."""
    kept = signature.args[which].dtype
    as_kept = ir.VectorType(context.get_value_type(kept), kind.count)
    place = _place(context, builder, signature, args, which, (row, column))
    found = builder.load(builder.bitcast(place, as_kept.as_pointer()), align=kept.bitwidth // 8)
    if as_kept == kind:
        return found
    return builder.fpext(found, kind) if isinstance(kept, types.Float) else builder.uitofp(found, kind)


def _store(context, builder, signature, args, which, row, column, value):
    place = _place(context, builder, signature, args, which, (row, column))
    builder.store(value, builder.bitcast(place, _VECTOR.as_pointer()), align=8)


def _spread(builder, value, kind=_VECTOR):
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), kind.count), None))
