"""The hundred cases of bad input and faults, each in a few words, and which of them are simulated."""

from __future__ import annotations

__all__ = ["CASES", "SIMULATED"]

CASES = dict(
    enumerate(
        """\
a formula that would import and run code
a formula that climbs to the subclasses of object
a formula with a string in it
a constant that overflows, in no time
a target that is not finite on its domain
thousands of brackets and signs
huge, complex and named constants
empty text, comments, NUL, statements, lambdas
letters that only look like ours
slips of typing get a hint
1/x and log(x) where the domain holds 0
a constant target
targets of 1e30 and 1e-30
one formula in several spellings
any text at all
a width of 10**12
widths out of range
rates, steps, batches and seeds out of range
a rate of 1e10
a loss that becomes NaN
every activation diverges
an exact tie
a single seed
an unknown activation or target
names given twice, patterns that match nothing
broken configuration files
flag, environment and file contradict each other
a precision that a device does not have
tensors of any shape and layout
infinities, NaN, -0, subnormals at every size
a time limit of a millisecond
tables without enough rows
cells that are NaN or infinite
ragged, binary and oddly encoded tables
huge files, devices, pipes, links, no permission
hostile and enormous headers
repeated and unsorted inputs
values of 1e308
paths that climb out of a folder
a device that is not here
a GPU out of memory in the middle
a GPU lost in the middle
an extra that is not installed
an extra that breaks when it is imported
consoles without Unicode
no home, or one that can't be written
a working folder that is gone or hostile
one core, a thousand threads
a clock that jumps back
plugins that can't be imported
plugins that exit, crash or interrupt
plugins that hang
plugins that print
plugins that take all memory
plugins that change the process
plugins whose names clash
plugins with impossible names
plugins with hostile metadata
plugins that give things of wrong types
activations that give wrong tensors
activations with wrong gradients
hooks that are misspelt, raise or never end
a plugin for a newer version
a plugin uninstalled after its results were kept
a plugin that changed before a resumption
a plugin that can't be sent to a worker
500 plugins
a broken plugin, disabled
a plugin that rewrites the command line
200 kills of a benchmark
a kill between writing and renaming
signals, once and twice
a full disk, wherever it fills up
read-only and impossible places
several benchmarks on one store
a stopped process that holds the lock
damaged and foreign stores
a store on a network file system
every call that can fail, fails
workers that vanish, results that come twice
another machine when resuming
100,000 kept runs
a full disk at a checkpoint, a log that grows
hostile text in every page
twenty drawings in three dimensions
no results, one, and three hundred
no scripts, paper, dark, zoom, keyboard
the same input twice
output to a pipe that closes
terminals of every kind
strict JSON beside warnings
completion beside a broken plugin
typos in commands, options and values
help without torch
cluster: an address where nothing answers
cluster: workers and schedulers that die
cluster: versions that differ
cluster: workers without rights, on other devices
cluster: a client that is killed and comes back
ten thousand tiny tasks""".splitlines(),
        start=1,
    )
)

# Not to be had on every machine, and so played at the boundary: the engine raises the error that such a device gives,
# the system names another file system. Tests on the real thing, which may be skipped, can carry the number besides.
SIMULATED = {
    28: "torch's answer about the device of a Mac",
    40: "torch's answer about devices",
    41: "the error that torch raises when a GPU's memory is full",
    42: "the error that torch raises when a GPU is lost",
    49: "the system's clock",
    78: "the system's table of mounts",
}
