"""A small file of each layout, and the options to read it with."""

PLAIN = "model,chat,code\nmasses,0.75,0.25\npoet,0.9,0.1\ncoder,0.2,0.8\n"
LONG = "model,category,score,n\npoet,chat,0.9,100\npoet,code,0.1,25\ncoder,code,0.8,25\ncoder,chat,0.2,100\n"
WIDE = "model,essays,poems,python\npoet,85,95.0,10\ncoder,30,10,80\n"
TASKS = '{"chat": ["essays", "poems"], "code": ["python"]}'
ARENA = (
    "model_name,category,rating,rating_lower,rating_upper,vote_count\n"
    "poet,chat,1400,1390.2,1409.8,300\npoet,code,1000,980.4,1019.6,100\n"
    "coder,chat,1000,990,1010,500\ncoder,code,1000,990,1010,200\n"
)

SAMPLES = {
    "csv": (PLAIN, {}),
    "livebench": (LONG, {}),
    "lmarena": (ARENA, {"reference": "coder"}),
}
