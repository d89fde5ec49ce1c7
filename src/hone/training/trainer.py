"""TRL's trainer, taught our rows, our loss and our optimiser.

Imported only when training starts: where Unsloth is used, it must come before TRL in the process.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from hone.training.adapting import trainable
from hone.training.optimiser import MasteredAdamW
from hone.training.rows import row_inputs
from hone.training.settings import TuneSettings
from hone.training.watching import Watcher

SCHEDULE = "scheduler.pt"
"""Where a checkpoint has the learning rate's schedule."""


class Trainer(SFTTrainer):  # type: ignore[misc] # TRL is not followed by mypy
    """The trainer; `watcher` and `shape` are set by `make_trainer`."""

    watcher: Watcher
    shape: dict[str, Any]
    control: Any
    optimizer: Any
    lr_scheduler: Any

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The cross-entropy of the learnt tokens, over those of the whole step on all devices."""
        total = model(**inputs, use_cache=False).loss
        if num_items_in_batch is None:
            loss = total / (inputs["labels"] != -100).sum().clamp(min=1)
        else:  # gradients of several devices are averaged
            loss = total * self.accelerator.num_processes / num_items_in_batch
        return (loss, {"loss": loss}) if return_outputs else loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The held-out loss per learnt token; rows weigh by their learnt tokens, not alike."""
        model, total, count = self.model_wrapped, 0.0, 0
        training = model.training
        model.eval()
        with torch.no_grad():  # every process looks at all rows: they are few, and sharded weights need all of them
            for row in self.watcher.held_out:
                inputs = self._prepare_inputs(row_inputs(row, **self.shape))
                total += float(model(**inputs, use_cache=False).loss)
                count += row.learnt
        model.train(training)
        metrics = {"eval_loss": self._agreed(total / max(1, count))}
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _agreed(self, loss: float) -> float:
        """The first process's loss: kernels may round apart, and all must keep the same weights and stop together."""
        if self.accelerator.num_processes == 1:
            return loss
        mine = torch.tensor([loss], dtype=torch.float64, device=self.args.device)
        return float(self.accelerator.gather(mine)[0])

    def create_optimizer(self, *_: Any, **__: Any) -> Any:
        """AdamW, over 32-bit copies where the weights have 16 bits or are split."""
        if self.optimizer is None:
            weights = [weight for weight in self.model.parameters() if weight.requires_grad]
            parts = (
                ([w for w in weights if w.dim() > 1], self.args.weight_decay),
                (
                    [w for w in weights if w.dim() <= 1],
                    0.0,
                ),
            )
            groups = [{"params": part, "weight_decay": decay} for part, decay in parts if part]
            plain = all(weight.dtype == torch.float32 for weight in weights) and not self.watcher.settings.sharding
            kind = torch.optim.AdamW if plain else MasteredAdamW
            self.optimizer = kind(groups, lr=self.args.learning_rate)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """A straight rise, then a cosine to zero. The first step already moves: in a short run it counts."""
        if self.lr_scheduler is None:
            rise = self.watcher.settings.warmup * num_training_steps

            def share(step: int) -> float:
                if step < rise:
                    return (step + 1) / (rise + 1)
                return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1.0, num_training_steps - rise)))

            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, share)
        return self.lr_scheduler

    def optimiser_file(self, folder: str | Path) -> Path:
        """Where a checkpoint has what this process's optimiser keeps."""
        return Path(folder) / "optimizer.pt"

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        # transformers would load it to the device `cpu:0` where several processes share a processor; torch has none.
        if checkpoint is None:
            return
        state = torch.load(self.optimiser_file(checkpoint), map_location="cpu", weights_only=True)
        self.optimizer.load_state_dict(state)
        self.lr_scheduler.load_state_dict(torch.load(Path(checkpoint) / SCHEDULE, weights_only=True))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # PEFT opens adapters in 32 bits, and what goes on must have the precision that it had.
        kinds = {name: weight.dtype for name, weight in trainable(self.model).items()}
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        for name, weight in trainable(self.model).items():
            weight.data = weight.data.to(kinds[name])

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: Hone writes its own."""

    def log(self, logs: dict[str, float], *_: Any, **__: Any) -> None:
        """What is logged goes to the watcher alone."""
        self.watcher.logged(logs, self.state)


def make_trainer(
    model: Any,
    tokenizer: Any,
    settings: TuneSettings,
    folder: Path,
    watcher: Watcher,
    *,
    shape: dict[str, Any],
    kind: type[Trainer] = Trainer,
) -> Trainer:
    """A trainer over the watcher's plan.

    Args:
        model: With its own loss in place of its forward pass.
        tokenizer: Its tokenizer.
        settings: Resolved.
        folder: Where checkpoints go.
        watcher: Holds the plan, and is told of every step.
        shape: How `row_inputs` shapes rows.
        kind: The trainer, or the one over a model that is split.
    """
    rows, planned = watcher.rows, watcher.plan
    arguments = SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=planned.accumulate,
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        max_steps=planned.steps,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.clip,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if watcher.held_out else "no",
        eval_steps=math.ceil(planned.steps / settings.evaluations),
        eval_on_start=bool(watcher.held_out),
        save_strategy="steps" if watcher.saving else "no",
        save_steps=math.ceil(planned.steps / settings.checkpoints),
        save_total_limit=2,
        bf16=False,
        fp16=False,
        gradient_checkpointing=settings.checkpointing == "on",
        gradient_checkpointing_kwargs={"use_reentrant": False},
        remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_num_workers=0,
        report_to=[],
        disable_tqdm=True,
        seed=settings.seed,
        use_cpu=model.device.type == "cpu",
        max_length=None,
        # Every adapter is used in every step; of whole models that is not known, and looking costs a walk a step.
        ddp_find_unused_parameters=settings.method == "full",
    )
    arguments._n_gpu = 1  # with several in sight of one process, transformers would share each row among them
    places = Dataset.from_dict({"row": list(range(len(rows)))})
    trainer = kind(
        model=model,
        args=arguments,
        train_dataset=places,
        eval_dataset=places if watcher.held_out else None,
        processing_class=tokenizer,
        data_collator=lambda batch: row_inputs(rows[batch[0]["row"]], **shape),
        callbacks=[watcher],
    )
    trainer.watcher, trainer.shape = watcher, shape
    trainer.model_accepts_loss_kwargs = True  # our loss divides by the tokens of the whole step
    for callback in list(trainer.callback_handler.callbacks):
        if type(callback).__name__ in {"PrinterCallback", "ProgressCallback"}:
            trainer.remove_callback(callback)
    return trainer
