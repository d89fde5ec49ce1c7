"""What a person does with Hone, one function a step: where a project, its models and a step of the library meet.

The commands, the pages and `import hone` call the same functions. They print nothing and know no terminal: who wants
to be told how far a step is hands them a `Watch`.
"""
