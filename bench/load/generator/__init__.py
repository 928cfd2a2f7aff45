"""The load generator: a process of its own that runs slots of load from a Locust file.

Started as `python -m bench.load.generator` by `bench.load.locust`, and the only place that imports Locust
and gevent, whose monkey patches would change the whole lab. It draws every request from the slot's seed,
keeps every observation, and collects no garbage and writes no file while a slot is measured.

Supported: Locust files with HttpUser, FastHttpUser or any other User that fires `events.request`; several
user classes with weights; TaskSets, nested ones too; a SequentialTaskSet is one journey per arrival.
Not supported in the open model, and refused in a sentence: MarkovTaskSet, `fixed_count`, pytest files.
`wait_time` and load shapes have no meaning there: the schedule says when.
"""
