"""The bridge to a Dask cluster: a sweep's jobs on workers that are elsewhere. Nothing else of the project knows Dask.

:mod:`.run` is what a command calls; :mod:`.scheduler` speaks with Dask; :mod:`.flights` decides, without Dask, what is
sent again and what has failed; :mod:`.worker` is all that runs at the other end, and :mod:`.versions` what must be the
same at both.

A job goes out as JSON and comes back as the bytes of a run's file. Dask itself pickles, and a scheduler has whatever it
is sent carried out: who reaches one reaches its workers. So one is never given a network that others share without TLS.
"""
