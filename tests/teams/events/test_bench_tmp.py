import asyncio, time
async def test_bench(stage):
    teams = await stage.teams(20)
    one = stage.event()
    many = stage.event(cohort_size=1)
    for e in (one, many):
        for t in teams: await stage.call(t, "roll", e)
    for name, e in (("one cohort", one), ("own cohorts", many)):
        start=time.time(); cpu=time.process_time()
        await asyncio.gather(*(stage.call(t, "update", e, score=1) for _ in range(20) for t in teams))
        print(name, 400/(time.time()-start), "per s; cpu ms each", (time.process_time()-cpu)/400*1000)
    team = await stage.team(20)
    await stage.call(team, "roll", many)
    start=time.time(); cpu=time.process_time()
    await asyncio.gather(*(stage.call(team, "update", many, by=n%20, score=1) for n in range(400)))
    print("one team", 400/(time.time()-start), (time.process_time()-cpu)/400*1000)
    start=time.time(); cpu=time.process_time()
    await asyncio.gather(*(stage.call(t, "list") for _ in range(20) for t in teams))
    print("list", 400/(time.time()-start), (time.process_time()-cpu)/400*1000)
    start=time.time(); cpu=time.process_time()
    await asyncio.gather(*(stage.call(t, "get", one) for _ in range(20) for t in teams))
    print("get", 400/(time.time()-start), (time.process_time()-cpu)/400*1000)
