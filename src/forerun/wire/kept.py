from forerun.domain import Answer, Catalog


def answer_to_kept(answer: Answer) -> str:
    raise NotImplementedError


def answer_from_kept(text: str) -> Answer:
    raise NotImplementedError


def catalog_to_kept(catalog: Catalog) -> str:
    raise NotImplementedError


def catalog_from_kept(text: str) -> Catalog:
    raise NotImplementedError
