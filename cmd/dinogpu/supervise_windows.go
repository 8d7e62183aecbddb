package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// handOver gives a child open files, and returns their numbers there.
func handOver(cmd *exec.Cmd, files []*os.File) ([]uintptr, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	var numbers []uintptr
	for _, f := range files {
		if err := windows.SetHandleInformation(windows.Handle(f.Fd()), windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
			return nil, err
		}
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, syscall.Handle(f.Fd()))
		numbers = append(numbers, f.Fd())
	}
	return numbers, nil
}

// endTogether puts a process into a job that ends it when this process does, or when release is called.
func endTogether(p *os.Process) (release func(), err error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	release = func() { _ = windows.CloseHandle(job) }
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		var assigned error
		err = p.WithHandle(func(h uintptr) { assigned = windows.AssignProcessToJobObject(job, windows.Handle(h)) })
		err = errors.Join(err, assigned)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// killedFromOutside is not told: a process that another one ended has that one's status.
func killedFromOutside(*os.ProcessState) bool { return false }
