package dev.softpick.examples.service;

import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.Tensor;
import dev.softpick.model.Window;
import java.net.URI;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Streams: frames in as they come, {@code [frames, embed]}; the hidden state at each out, {@code [frames, hidden]}. */
@RestController
@RequestMapping("/sessions")
class SessionController {

    private final Sessions sessions;
    private final Limits limits;
    private final int embed;

    SessionController(Sessions sessions, Limits limits, SoftpickTransformer model) {
        this.sessions = sessions;
        this.limits = limits;
        embed = model.config().embedDim();
    }

    @PostMapping
    ResponseEntity<Sessions.Status> open(@RequestParam(defaultValue = "SLIDING") Window window) {
        Sessions.Status status = sessions.open(window);
        return ResponseEntity.created(URI.create("/sessions/" + status.id())).body(status);
    }

    @PostMapping(path = "/{id}/frames", consumes = MediaType.APPLICATION_JSON_VALUE)
    Numbers step(@PathVariable String id, @RequestBody Numbers frames) {
        return Numbers.of(sessions.step(id, limits.check(frames.tensor())));
    }

    @PostMapping(path = "/{id}/frames", consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    byte[] step(@PathVariable String id, @RequestBody byte[] frames) {
        Tensor x = limits.check(Numbers.tensor(frames, 1, embed));
        return Numbers.bytes(sessions.step(id, Tensor.of(x.values(), x.size(1), embed)));
    }

    @GetMapping("/{id}")
    Sessions.Status status(@PathVariable String id) {
        return sessions.status(id);
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void close(@PathVariable String id) {
        sessions.close(id);
    }
}
