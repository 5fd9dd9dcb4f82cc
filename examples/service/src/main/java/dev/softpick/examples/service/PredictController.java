package dev.softpick.examples.service;

import dev.softpick.model.SoftpickTransformer;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Windows in, {@code [batch, steps, embed]}; logits or hidden states out, {@code [batch, size]}. */
@RestController
class PredictController {

    private final Calls calls;
    private final Limits limits;
    private final int embed;

    PredictController(Calls calls, Limits limits, SoftpickTransformer model) {
        this.calls = calls;
        this.limits = limits;
        embed = model.config().embedDim();
    }

    @PostMapping(path = "/predict", consumes = MediaType.APPLICATION_JSON_VALUE)
    Numbers predict(@RequestBody Numbers windows) {
        return Numbers.of(calls.predict(limits.check(windows.tensor())));
    }

    @PostMapping(path = "/predict", consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    byte[] predict(@RequestBody byte[] windows, @RequestParam(defaultValue = "1") int batch) {
        return Numbers.bytes(calls.predict(limits.check(Numbers.tensor(windows, batch, embed))));
    }
}
