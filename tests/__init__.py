import os

# What the commands print is compared; whether something has to be compiled depends on the machine.
os.environ.setdefault("GENMARKET_COMPILE_NOTICE", "0")
