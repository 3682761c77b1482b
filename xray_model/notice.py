"""The notice shown before uploads, beside results and on exports."""

POPULATION = "children of 1-5 years, anteroposterior films, one hospital (Guangzhou)"
NOTICE = (
    "For education and research. Not a medical device: do not use it to decide about anybody's care. "
    f"Trained on {POPULATION}; results on other people are unreliable. Images stay in memory and are not stored."
)
NOTICE_SHORT = "Education and research only - not a medical device"
